using System.Globalization;

namespace Interp.Analysis;

/// <summary>Which neurons a sweep by neuron covers: those listed, or those that promise the largest effect.</summary>
public sealed record NeuronChoice
{
    private NeuronChoice(IReadOnlyList<int> listed, int top)
    {
        Listed = listed;
        TopCount = top;
    }

    /// <summary>The neurons listed; empty when they are chosen by promise.</summary>
    public IReadOnlyList<int> Listed { get; }

    /// <summary>How many are chosen in each layer by promise; 0 when they are listed.</summary>
    public int TopCount { get; }

    /// <summary>These neurons of every layer.</summary>
    /// <param name="neurons">Neurons from 0.</param>
    public static NeuronChoice Of(params IReadOnlyList<int> neurons) => new(neurons, 0);

    /// <summary>
    /// In each layer those with the largest |change of activation| times the norm of what the neuron writes (its row of
    /// W_out), the change being that of the experiment, summed over positions and prompts.
    /// </summary>
    /// <param name="count">How many of each layer; above 0.</param>
    public static NeuronChoice Top(int count) => count > 0
        ? new NeuronChoice([], count)
        : throw new InvalidInputException($"neurons top:{count}: expected at least 1");

    /// <summary>Reads <c>top:20</c> or <c>3,17,200</c>.</summary>
    /// <param name="text">The choice.</param>
    /// <exception cref="InvalidInputException">It is neither.</exception>
    public static NeuronChoice Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.StartsWith("top:", StringComparison.Ordinal)
            && int.TryParse(text.AsSpan(4), NumberStyles.None, CultureInfo.InvariantCulture, out int top))
        {
            return Top(top);
        }

        List<int> listed = [];
        foreach (string part in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            listed.Add(int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int neuron)
                ? neuron
                : throw new InvalidInputException($"neurons '{text}': expected top:N or numbers such as 3,17, found '{part}'"));
        }

        return listed.Count > 0
            ? new NeuronChoice(listed, 0)
            : throw new InvalidInputException($"neurons '{text}': expected top:N or numbers such as 3,17, found none");
    }
}
