using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Analysis;

/// <summary>What corrupts the embeddings in causal tracing.</summary>
public sealed record NoiseOptions
{
    /// <summary>The positions whose embeddings are corrupted: those of a named span; null = <see cref="Positions"/>.</summary>
    public string? Span { get; init; }

    /// <summary>The positions whose embeddings are corrupted, negative from each prompt's end; empty = all.</summary>
    public IReadOnlyList<int> Positions { get; init; } = [];

    /// <summary>
    /// Deviation of the noise in units of the standard deviation of the corrupted embeddings of all prompts, over
    /// positions and dimensions. The paper takes 3.
    /// </summary>
    public double Level { get; init; } = 3;

    /// <summary>Draws of noise for each prompt, over which metrics are averaged; the paper takes 10.</summary>
    public int Draws { get; init; } = 10;

    /// <summary>Seed of the noise.</summary>
    public int Seed { get; init; }
}

/// <summary>
/// Causal tracing (Meng et al. 2022, "Locating and Editing Factual Associations in GPT"): Gaussian noise on the embeddings of
/// chosen positions corrupts a run; one site at a time is restored to its clean value.
/// </summary>
public static class CausalTracing
{
    /// <summary>
    /// Restores every cell in noised runs. In the table (<c>ablation</c>, with = <c>noise</c>) corrupted is the metric of the
    /// noised run, patched that of the noised run with the cell restored, both means over draws, and effect = (patched -
    /// corrupted) / (clean - corrupted).
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="pairs">The prompts; corrupted prompts are not used.</param>
    /// <param name="options">Sites, axes, window of layers and metric of what is restored.</param>
    /// <param name="noise">What is corrupted.</param>
    /// <param name="execution">How it is computed; null = with the default engine, all rows in the table.</param>
    /// <param name="cancellation">Stops between runs.</param>
    /// <exception cref="InvalidInputException">A prompt, site or option does not fit, or a prompt lacks the span.</exception>
    /// <exception cref="SweepStoppedException">Cancelled; it carries the rows of the finished cells.</exception>
    public static ResultTable<AblationRow> Run(
        TransformerModel model, IReadOnlyList<PromptPair> pairs, SweepOptions options, NoiseOptions noise, ExecutionOptions? execution = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(pairs);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(noise);
        execution ??= new ExecutionOptions();
        SweepInput.Require(model, pairs, options, corrupted: false);
        int[][] corrupted = Corrupted(pairs, noise);
        TokenBatch prompts = PromptPair.Batch(pairs);
        var sited = new SweepCells(model.Hooks, options, pairs, corrupted: false);
        int[] rows = PromptPair.Rows(pairs);
        var memory = new SweepMemory(model, execution);
        var recorder = new SweepExecution(model, options.Metric, execution, rows, memory);

        // Each draw of a prompt has embeddings of its own for the whole sweep.
        memory.Hold((1 + noise.Draws) * memory.Recorded(prompts, [Hook.Embed]));
        memory.Require(prompts, [], inPieces: false, options.Metric.MostRows(pairs));
        var clean = new SweepSources(recorder, memory, prompts, [.. sited.Points.Append(Hook.Embed).Distinct()], shared: true);

        // Every draw of a prompt is a run of its own: prompt i, draw d is run i * draws + d.
        int draws = noise.Draws;
        PromptPair[] runs = [.. pairs.SelectMany(p => Enumerable.Repeat(p, draws))];
        TokenBatch tokens = PromptPair.Batch(runs);
        IReadOnlyList<Intervention>[] bases = Noise(model, [.. clean.InTurn(Hook.Embed)], corrupted, noise);
        var runner = new SweepExecution(
            model, options.Metric, execution, [.. rows.SelectMany(row => Enumerable.Repeat(row, draws))], memory);
        BaseRuns plain = runner.Plain(runs, tokens, tokens, bases);
        IReadOnlyList<SweepCell> covered = sited.All(point => NeuronPromise.Choose(
            model, options.Neurons, point, clean.InTurn(point).Select(values => (values, new float[values.Length]))));
        var cells = new CellPlan(model.Hooks, covered, runs, corrupted: false);
        ResultTable<AblationRow> table = TableSchemas.Ablation.Create().From(model, pairs, noise.Seed);
        var batches = new TableBatches(table, execution.Sink);
        IReadOnlyList<ActivationCache> caches = clean.Caches;
        SweepPlan plan = cells.Of($"noise {noise.Level} {noise.Seed}", tokens, Intervene) with
        {
            Base = bases,
            RunsPerRow = draws,
            Sources = clean.AtHand ? [.. runs.Select((_, run) => caches[run / draws])] : [],
            Stages = clean.Stages(run => run / draws, cells.Points),
        };
        double sum = 0;
        runner.Fill(plan, plain, batches, Add, cancellation);
        return table;

        IEnumerable<Intervention> Intervene(PromptCell cell) =>
            cell.Points.Select(point => new Patch(point, clean.Value(point, cell.Prompt / draws), cell.Scope(point)));

        // The draws of a prompt come one after the other; the last one closes the row.
        void Add(int cell, int run, double patched)
        {
            sum += patched;
            if ((run + 1) % draws != 0)
            {
                return;
            }

            int prompt = run / draws, first = prompt * draws;
            double restored = sum / draws, noised = plain.Corrupted[first..(first + draws)].Average(), whole = plain.Clean[first];
            double rounding = plain.Rounding[first..(first + draws)].Max();
            double? effect = Math.Abs(whole - noised) <= rounding ? null : (restored - noised) / (whole - noised);
            batches.Add(Sweep.Row(cells, cell, run, options.Metric, "noise", whole, noised, restored, effect) with { Prompt = rows[prompt] });
            sum = 0;
        }
    }

    private static int[][] Corrupted(IReadOnlyList<PromptPair> pairs, NoiseOptions noise)
    {
        if (noise.Draws < 1 || !(noise.Level > 0) || !double.IsFinite(noise.Level))
        {
            throw new InvalidInputException($"noise: expected draws and a level above 0, found {noise.Draws} and {noise.Level}");
        }

        if (noise.Span is not null && noise.Positions.Count > 0)
        {
            throw new InvalidInputException("noise: expected a span or positions, found both");
        }

        CellPlace place = noise.Span is { } span ? CellPlace.Span(span)
            : noise.Positions.Count > 0 ? CellPlace.Of(noise.Positions) : CellPlace.All;
        int[][] positions = [.. pairs.Select(p => place.In(p) ?? [.. Enumerable.Range(0, p.Clean.Count)])];
        int without = Array.FindIndex(positions, p => p.Length == 0);
        int row = without < 0 ? -1 : pairs[without].Row ?? without;
        return without < 0
            ? positions
            : throw new InvalidInputException(noise.Span is not null
                ? $"prompt {row}: span '{noise.Span}': the prompt does not have it; {PromptPair.KnownSpans(pairs)}"
                : $"prompt {row}: positions {place} are not all in its {pairs[without].Clean.Count} tokens");
    }

    private static IReadOnlyList<Intervention>[] Noise(
        TransformerModel model, float[][] clean, int[][] corrupted, NoiseOptions noise)
    {
        int width = model.Config.DModel;
        IEnumerable<double> embeddings =
            corrupted.SelectMany((positions, i) => positions.SelectMany(p => clean[i].Skip(p * width).Take(width)).Select(x => (double)x));
        double mean = embeddings.Average();
        double deviation = noise.Level * Math.Sqrt(embeddings.Average(x => (x - mean) * (x - mean)));
        return
        [
            .. from prompt in Enumerable.Range(0, corrupted.Length)
               from draw in Enumerable.Range(0, noise.Draws)
               select (IReadOnlyList<Intervention>)[Draw(prompt, draw)],
        ];

        Patch Draw(int prompt, int draw)
        {
            float[] values = [.. clean[prompt]];
            var random = new SeededRandom(noise.Seed, (prompt * noise.Draws) + draw);
            foreach (int position in corrupted[prompt])
            {
                for (int i = 0; i < width; i++)
                {
                    values[(position * width) + i] += (float)(deviation * random.NextNormal());
                }
            }

            return new Patch(
                Hook.Embed, new TensorValue([values.Length / width, width], values), Scope.At(IndexSet.Of(corrupted[prompt])));
        }
    }
}
