using System.CommandLine;

namespace Interp.Cli;

/// <summary>One command of <c>interp</c>.</summary>
internal abstract class ToolCommand(string name, string description) : Command(name, description)
{
    /// <summary>Does the work; returns when it is done.</summary>
    /// <param name="session">Options, where results go, and when to stop.</param>
    /// <exception cref="InvalidInputException">Something that the user gave cannot be used.</exception>
    public abstract void Execute(Session session);
}
