namespace Interp.Runtime.Machine;

/// <summary>As <see cref="IParallelJob"/>, where items that follow each other take less time together.</summary>
internal interface IParallelRanges
{
    /// <summary>Does some items. Threads share the job itself: it must not change its own fields.</summary>
    /// <param name="first">The first of them.</param>
    /// <param name="count">How many, at least one.</param>
    void Run(int first, int count);
}
