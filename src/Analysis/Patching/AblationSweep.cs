using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Analysis;

/// <summary>
/// Ablation: one activation at a time is replaced by something that carries no information about the prompt, and the metric
/// is read. Zero, mean and resample ablation as compared in Zhang and Nanda 2024.
/// </summary>
public static class AblationSweep
{
    private static readonly string[] KindNames = ["zero", "mean", "mean-pos", "resample"];

    private static readonly Column[] Columns =
        [.. PatchingSweep.Columns[..10], new("with", ColumnType.Text), .. PatchingSweep.Columns[10..]];

    /// <summary>Reads the name of a kind of ablation.</summary>
    /// <param name="name">zero, mean, mean-pos or resample.</param>
    /// <exception cref="InvalidInputException">The name is unknown or not available yet.</exception>
    public static AblationKind ParseKind(string name) => Array.IndexOf(KindNames, name) switch
    {
        0 => AblationKind.Zero,
        1 => AblationKind.Mean,
        2 => AblationKind.MeanByPosition,
        3 => AblationKind.Resample,
        _ when name == "noise" => throw new InvalidInputException(
            $"with 'noise': not available yet; expected one of {string.Join(", ", KindNames)}"),
        _ => throw new InvalidInputException($"with '{name}': expected one of {string.Join(", ", KindNames)}"),
    };

    /// <summary>
    /// Ablates every cell of the clean runs. In the table, patched is the metric of the ablated run and effect = patched -
    /// clean, in units of the metric; corrupted is null.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="pairs">The prompts; corrupted prompts are not used.</param>
    /// <param name="options">Sites, axes and metric.</param>
    /// <param name="kind">What takes the place of the activation. Means are over all prompts given.</param>
    /// <param name="seed">Seed of the choice of other prompts for resampling.</param>
    /// <param name="cancellation">Stops between cells.</param>
    /// <returns>
    /// The <c>ablation</c> table: one row per cell and prompt. What could change nothing has no row: with
    /// <see cref="AblationKind.MeanByPosition"/> positions that no other prompt has, and in cells over all positions the
    /// prompts that have such; with <see cref="AblationKind.Resample"/> prompts for which no other is long enough and differs.
    /// </returns>
    /// <exception cref="InvalidInputException">
    /// A prompt, site, metric or kind does not fit, or the prompts given leave nothing that could change.
    /// </exception>
    /// <exception cref="SweepStoppedException">Cancelled; it carries the rows of the finished cells.</exception>
    public static ResultTable Run(
        TransformerModel model,
        IReadOnlyList<PromptPair> pairs,
        SweepOptions options,
        AblationKind kind = AblationKind.Zero,
        int seed = 0,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(pairs);
        ArgumentNullException.ThrowIfNull(options);
        SweepInput.Require(model, pairs, options, corrupted: false);
        IReadOnlyList<int>[] prompts = [.. pairs.Select(p => p.Clean)];
        var others = new OtherPrompts(prompts, model.Config.Causal);
        others.RequireFor(kind);
        SweepCell[] cells = [.. options.Sites.SelectMany(s => SweepCells.Of(model.Hooks, s, options.By, prompts.Max(p => p.Count)))];
        HookPoint[] points = [.. cells.Select(c => c.Point).Distinct()];
        var runner = new SweepRunner(model, options.Metric, options.Threads, options.Progress);
        (double[] clean, float[][] reference) = runner.Plain(pairs, prompts);
        ActivationCache[] caches = kind == AblationKind.Zero ? [] : runner.Record(prompts, points);
        int?[] donors = kind == AblationKind.Resample ? others.Donors(seed) : [];
        Dictionary<(HookPoint, int), TensorValue> values = [];
        var table = new ResultTable("ablation", Columns);
        string name = KindNames[(int)kind];
        runner.ForEachCell(cells, pairs, prompts, reference, Intervene, Add, table, cancellation, Applies);
        return table;

        bool Applies(SweepCell cell, int prompt) => kind switch
        {
            AblationKind.Resample => donors[prompt] is not null,
            AblationKind.MeanByPosition => others.Share(prompt, cell.Position),
            _ => true,
        };

        Intervention Intervene(SweepCell cell, int prompt, int sequence)
        {
            Scope scope = cell.Scope(sequence);
            return kind switch
            {
                AblationKind.Zero => Ablate.Zero(cell.Point, scope),
                AblationKind.Resample => Ablate.Resample(cell.Point, Value(donors[prompt]!.Value), scope),
                _ => Ablate.Mean(cell.Point, Value(-1), scope),
            };

            TensorValue Value(int donor)
            {
                if (!values.TryGetValue((cell.Point, donor), out TensorValue? value))
                {
                    value = donor >= 0 ? caches[donor].Value(cell.Point) : Mean(model.Hooks, caches, cell.Point, kind);
                    values[(cell.Point, donor)] = value;
                }

                return value;
            }
        }

        void Add(SweepCell cell, int prompt, double ablated) => table.Add(
            prompt, pairs[prompt].Id, pairs[prompt].Group, cell.Point.Site, model.Hooks.Name(cell.Point),
            PatchingSweep.Layer(cell), cell.Head, cell.Position, cell.Source, options.Metric.Name, name,
            clean[prompt], null, ablated, ablated - clean[prompt]);
    }

    /// <summary>Mean over prompts, and over positions too unless by position.</summary>
    private static TensorValue Mean(HookMap map, ActivationCache[] caches, HookPoint point, AblationKind kind)
    {
        if (point.Kind is HookKind.Pattern or HookKind.AttnScores)
        {
            throw new InvalidInputException(
                $"hook {map.Name(point)}: a mean over positions is not defined for attention; expected zero or resample");
        }

        bool byPosition = kind == AblationKind.MeanByPosition;
        int width = map.Shape(point, 1, 1).Aggregate(1, (a, b) => a * b);
        int longest = byPosition ? caches.Max(c => c.Positions) : 1;
        var sums = new double[longest * width];
        var counts = new int[longest];
        foreach (ActivationCache cache in caches)
        {
            float[] activations = cache.Values(point);
            for (int p = 0; p < cache.Positions; p++)
            {
                int row = byPosition ? p : 0;
                counts[row]++;
                for (int i = 0; i < width; i++)
                {
                    sums[(row * width) + i] += activations[(p * width) + i];
                }
            }
        }

        float[] means = [.. sums.Select((sum, i) => (float)(sum / counts[i / width]))];
        int[] shape = map.Shape(point, longest, longest);
        return new TensorValue(byPosition ? shape : shape[1..], means);
    }
}
