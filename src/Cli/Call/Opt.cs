using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Interp.Cli;

/// <summary>Makes options whose errors name the option, what was expected and what was found.</summary>
internal static class Opt
{
    /// <summary>A switch.</summary>
    public static Option<bool> Switch(string name, string description) =>
        new(name) { Description = description, Arity = ArgumentArity.Zero };

    /// <summary>A text, at most once.</summary>
    public static Option<string?> Text(string name, string value, string description) =>
        new(name) { Description = description, HelpName = value };

    /// <summary>A text with a default, at most once.</summary>
    public static Option<string> Text(string name, string value, string description, string fallback) =>
        new(name) { Description = description, HelpName = value, DefaultValueFactory = _ => fallback };

    /// <summary>A text that may be given again and again.</summary>
    public static Option<string[]> Texts(string name, string value, string description) => new(name)
    {
        Description = description,
        HelpName = value,
        Arity = ArgumentArity.OneOrMore,
        DefaultValueFactory = _ => [],
    };

    /// <summary>Several texts behind one another: <c>--sites a b</c>, <c>--sites a,b</c>.</summary>
    public static Option<string[]> List(string name, string value, string description) => new(name)
    {
        Description = description,
        HelpName = value,
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = true,
        CustomParser = result =>
            [.. result.Tokens.SelectMany(
                t => t.Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))],
        DefaultValueFactory = _ => [],
    };

    /// <summary>A whole number.</summary>
    public static Option<int> Int(string name, string value, string description, int fallback, int least = int.MinValue) =>
        new(name)
        {
            Description = description,
            HelpName = value,
            CustomParser = result => ParseInt(result, result.Tokens[0].Value, name, least),
            DefaultValueFactory = _ => fallback,
        };

    /// <summary>A whole number or nothing.</summary>
    public static Option<int?> OptionalInt(string name, string value, string description, int least) => new(name)
    {
        Description = description,
        HelpName = value,
        CustomParser = result => ParseInt(result, result.Tokens[0].Value, name, least),
    };

    /// <summary>Whole numbers, separated by commas or by giving the option again.</summary>
    public static Option<int[]> Ints(string name, string value, string description, params int[] fallback) => new(name)
    {
        Description = description,
        HelpName = value,
        Arity = ArgumentArity.OneOrMore,
        CustomParser = result =>
            [.. result.Tokens.SelectMany(t => t.Value.Split(',')).Select(t => ParseInt(result, t, name, int.MinValue))],
        DefaultValueFactory = _ => fallback,
    };

    /// <summary>A number.</summary>
    public static Option<float> Float(string name, string value, string description, float fallback) => new(name)
    {
        Description = description,
        HelpName = value,
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            if (!float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out float number))
            {
                result.AddError($"{name}: expected a number, found '{text}'");
            }

            return number;
        },
        DefaultValueFactory = _ => fallback,
    };

    /// <summary>A number above 0.</summary>
    public static Option<double?> Number(string name, string value, string description) => new(name)
    {
        Description = description,
        HelpName = value,
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) || !(number > 0))
            {
                result.AddError($"{name}: expected a number above 0, found '{text}'");
            }

            return number;
        },
    };

    private static int ParseInt(ArgumentResult result, string text, string name, int least)
    {
        if (!int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number) || number < least)
        {
            string range = least == int.MinValue ? "" : $" of at least {least}";
            result.AddError($"{name}: expected a whole number{range}, found '{text}'");
        }

        return number;
    }
}
