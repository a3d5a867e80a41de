using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Analysis;

/// <summary>
/// The <c>mixing</c> table: what each layer does to a token's vector. From where it came, as shares that sum to 1 (the own position with
/// the residual path, the first one, others by distance); how long what attention and FFN add is beside the stream, and its cosine with
/// the stream: near 0 it adds something new, above 0 it refreshes what is there, below 0 it erases; and the stream's norm and norm scales.
/// </summary>
public sealed class MixingTable
{
    private readonly TransformerModel _model;

    /// <summary>Creates an empty table.</summary>
    /// <param name="model">The model.</param>
    /// <param name="named">Whether <c>id</c> and <c>group</c> of the prompt stand beside its number.</param>
    public MixingTable(TransformerModel model, bool named = false)
    {
        ArgumentNullException.ThrowIfNull(model);
        _model = model;
        Table = TableSchemas.Mixing.Create(named).From(model, finite: true);
    }

    /// <summary>The table so far.</summary>
    public ResultTable<MixingRow> Table { get; }

    /// <summary>The points that a run has to record besides those of the measure.</summary>
    /// <param name="model">The model.</param>
    public static IReadOnlyList<HookQuery> Needs(TransformerModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        HookKind[] kinds =
        [
            HookKind.ResidPre, HookKind.ResidMid, HookKind.ResidPost, HookKind.NormalizedResidPost, HookKind.AttnOut, HookKind.MlpOut,
            HookKind.Ln1Scale, HookKind.Ln2Scale,
        ];
        return [.. model.Hooks.AllPoints.Where(p => kinds.Contains(p.Kind)).Select(p => (HookQuery)p)];
    }

    /// <summary>Adds one prompt.</summary>
    /// <param name="prompt">0-based row of the input.</param>
    /// <param name="pair">The prompt.</param>
    /// <param name="measure">Name of the measure of the maps.</param>
    /// <param name="maps">Maps of all heads together.</param>
    /// <param name="cache">What the run recorded: <see cref="Needs"/>.</param>
    /// <param name="positions">Positions, negative from the end.</param>
    public void Add(int prompt, PromptPair pair, string measure, FlowMaps maps, ActivationCache cache, IReadOnlyList<int> positions)
    {
        ArgumentNullException.ThrowIfNull(pair);
        Table.Origin!.Add(pair);
        ArgumentNullException.ThrowIfNull(maps);
        ArgumentNullException.ThrowIfNull(cache);
        ArgumentNullException.ThrowIfNull(positions);
        foreach (int p in positions.Select(p => Positions.Resolve(p, maps.Positions, "the prompt")).Distinct())
        {
            for (int layer = 0; layer < maps.Layers; layer++)
            {
                HookPoint before = Hook.ResidPre(layer), middle = _model.Hooks.Contains(Hook.ResidMid(layer)) ? Hook.ResidMid(layer) : before;
                double[]? shares = maps.Shares(layer, p) is { } all ? Shares(all, p) : null;
                var attention = Write(cache, Hook.AttnOut(layer), before, p);
                var ffn = Write(cache, Hook.MlpOut(layer), middle, p);
                Table.AddRow(new MixingRow(
                    pair.Row ?? prompt, pair.Id, pair.Group, layer, p, _model.TokenText(pair.Clean[p]), measure, shares?[0], shares?[1],
                    shares?[2], shares?[3], shares?[4], shares?[5], attention.Norm, attention.Added, attention.Cosine, ffn.Norm, ffn.Added,
                    ffn.Cosine, Dots.Norm(cache.Row(new HookPoint(BlockPlan.Of(_model.Config).Output, layer), p)),
                    Scale(cache, HookKind.Ln1Scale, layer, p), Scale(cache, HookKind.Ln2Scale, layer, p)));
            }
        }
    }

    private static double[] Shares(double[] shares, int p)
    {
        double[] sums = new double[6];
        for (int source = 0; source < shares.Length; source++)
        {
            int at = source == p ? 0 : source == 0 ? 1 : Math.Min(5, 2 + int.Log2(Math.Abs(p - source)));
            sums[at] += shares[source];
        }

        return sums;
    }

    /// <summary>Length of a write, that over the stream's, and their cosine; nulls where there is no such write.</summary>
    private (double? Norm, double? Added, double? Cosine) Write(ActivationCache cache, HookPoint write, HookPoint stream, int p)
    {
        if (!_model.Hooks.Contains(write))
        {
            return default;
        }

        ReadOnlySpan<float> added = cache.Row(write, p), before = cache.Row(stream, p);
        double length = Dots.Norm(added), size = Dots.Norm(before);
        return (length, size > 0 ? length / size : null, length > 0 && size > 0 ? Dots.Of(added, before) / (length * size) : null);
    }

    private double? Scale(ActivationCache cache, HookKind kind, int layer, int p) =>
        _model.Hooks.Contains(new HookPoint(kind, layer)) ? cache.Row(new HookPoint(kind, layer), p)[0] : null;
}
