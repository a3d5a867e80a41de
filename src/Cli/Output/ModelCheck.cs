using System.Globalization;
using Interp.Analysis;
using Interp.Runtime;

namespace Interp.Cli;

/// <summary>What <c>verify</c> and <c>--verify</c> share: the prompt where none is given, and what a difference ends in.</summary>
internal static class ModelCheck
{
    private const int Length = 16;

    /// <summary>Token ids spread over the vocabulary, so that no embedding is special; the same in every run.</summary>
    public static int[] Tokens(TransformerModel model)
    {
        var random = new Random(0);
        int[] usable = [.. Enumerable.Range(0, model.Config.DVocab).Where(t => t != model.Config.PaddingId)];
        return random.GetItems(usable, Math.Min(Length, model.Config.NCtx));
    }

    /// <summary>Ends the command where a value differs.</summary>
    /// <exception cref="CheckFailedException">One does; the message names the first.</exception>
    public static void Require(VerifyReport report)
    {
        if (report.FirstDivergence is { } first)
        {
            string where = first.Layer is { } layer ? $" (layer {layer.ToString(CultureInfo.InvariantCulture)})" : "";
            throw new CheckFailedException(string.Create(
                CultureInfo.InvariantCulture,
                $"{first.Hook}{where} is the first to differ: {first.MaxRel:E1} of its largest value, tolerance {report.Tolerance:E1}"));
        }
    }
}
