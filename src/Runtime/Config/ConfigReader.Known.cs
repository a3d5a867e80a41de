using System.Text.Json;
using Interp.Runtime.Weights;

namespace Interp.Runtime;

public sealed partial class ConfigReader
{
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ConfigReader> _nested = new(StringComparer.Ordinal);

    /// <summary>Makes fields known that change nothing in what is computed with the settings read so far.</summary>
    /// <param name="fields">Field names.</param>
    public void Accept(params ReadOnlySpan<string> fields)
    {
        foreach (string field in fields)
        {
            _known.Add(field);
        }
    }

    /// <summary>Refuses a setting that this version does not compute.</summary>
    /// <param name="field">Field name.</param>
    /// <param name="expected">The only value that is computed.</param>
    /// <exception cref="InvalidInputException">The field is present with another value.</exception>
    public void Only(string field, bool expected)
    {
        if (Flag(field, expected) != expected)
        {
            throw new InvalidInputException($"{Path}: {field}: expected {(expected ? "true" : "false")}, "
                + "the other setting is not supported");
        }
    }

    /// <summary>Refuses a number that this version does not compute.</summary>
    /// <param name="field">Field name.</param>
    /// <param name="expected">The only value that is computed.</param>
    /// <exception cref="InvalidInputException">The field is present with another value.</exception>
    public void Only(string field, double expected)
    {
        double found = Number(field, expected);
        if (found != expected)
        {
            throw new InvalidInputException($"{Path}: {field}: expected {expected}, found {found}; other values are not supported");
        }
    }

    /// <summary>
    /// Refuses what nobody asked for: a setting that is not known might change the computation. A field that is null says nothing.
    /// </summary>
    /// <param name="whose">What the settings are of, such as <c>model_type llama</c>.</param>
    /// <param name="harmless">Fields that change nothing.</param>
    /// <exception cref="InvalidInputException">There is such a field; the message names it.</exception>
    public void RefuseUnknown(string whose, IReadOnlySet<string> harmless)
    {
        ArgumentNullException.ThrowIfNull(harmless);
        foreach (JsonProperty property in _root.EnumerateObject())
        {
            string name = property.Name;
            if (property.Value.ValueKind != JsonValueKind.Null && !_known.Contains(name) && !harmless.Contains(name))
            {
                string nearest = OneLine.List(NearestNames.Find(name, _known, 1));
                throw new InvalidInputException($"{Path}: {OneLine.Quote(name)}: expected only known settings of {whose}, "
                    + $"found {Shown(property.Value)}; nothing would be right if it were ignored (the nearest known setting is "
                    + $"{nearest}; if it changes nothing, take it out of the file)");
            }
        }
    }
}
