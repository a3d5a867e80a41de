namespace Interp;

/// <summary>
/// A check that was asked for, or that always runs, found a difference: the input is fine, what was computed from it is not
/// what it should be. The command line prints the one-line message and exits with code 3.
/// </summary>
public sealed class CheckFailedException : Exception
{
    /// <summary>Creates the error with a one-line message.</summary>
    /// <param name="message">Says what differs, by how much, and what was allowed.</param>
    public CheckFailedException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the error with a one-line message and its cause.</summary>
    /// <param name="message">Says what differs, by how much, and what was allowed.</param>
    /// <param name="innerException">The cause.</param>
    public CheckFailedException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Creates the error without a message of its own.</summary>
    public CheckFailedException()
    {
    }
}
