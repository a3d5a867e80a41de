namespace Interp.Runtime.Tests.Weights;

/// <summary>Asserts on errors that the user reads.</summary>
internal static class Refused
{
    /// <summary>The action must be refused with one line that has all the words.</summary>
    public static string With(Action action, params string[] words)
    {
        string message = Assert.Throws<InvalidInputException>(action).Message;
        foreach (string word in words)
            Assert.Contains(word, message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
        return message;
    }
}
