using System.CommandLine;

namespace Interp.Cli;

/// <summary>An option whose value is one of a few words.</summary>
/// <typeparam name="T">What the words mean.</typeparam>
internal sealed class ChoiceOption<T> : Option<T>
{
    private readonly (string Word, T Value)[] _words;

    /// <summary>Creates the option.</summary>
    /// <param name="name">Name with dashes.</param>
    /// <param name="description">What it chooses.</param>
    /// <param name="words">The words; the first is the default.</param>
    public ChoiceOption(string name, string description, params (string Word, T Value)[] words)
        : base(name)
    {
        _words = words;
        Description = $"{description} [default: {words[0].Word}]";
        HelpName = string.Join('|', Array.ConvertAll(words, w => w.Word));
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            int index = Array.FindIndex(words, w => w.Word == text);
            if (index < 0)
            {
                result.AddError($"{name}: expected one of {string.Join(", ", Array.ConvertAll(words, w => w.Word))}, found '{text}'");
            }

            return words[Math.Max(index, 0)].Value;
        };
    }

    /// <summary>The value when the option is not given.</summary>
    public T Fallback => _words[0].Value;
}
