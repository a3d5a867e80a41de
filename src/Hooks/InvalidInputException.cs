namespace Interp;

/// <summary>
/// Something the user gave (a file, a name, a number, an option) cannot be used. The message is one line that names the
/// thing, says what was expected and what was found; the command line prints it and exits with code 2.
/// Anything else that is thrown is a bug in Interp.
/// </summary>
public sealed class InvalidInputException : Exception
{
    /// <summary>Creates the error with a one-line message.</summary>
    /// <param name="message">Names the thing, what was expected, what was found.</param>
    public InvalidInputException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the error with a one-line message and the exception that revealed it.</summary>
    /// <param name="message">Names the thing, what was expected, what was found.</param>
    /// <param name="innerException">The exception that revealed the problem.</param>
    public InvalidInputException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
