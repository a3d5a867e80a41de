using System.Security.Cryptography;
using System.Text;
using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Analysis;

/// <summary>
/// A sweep over interventions of one's own: every cell of the sites and axes asked for, on every prompt, with the engine, tables and statistics
/// of the built-in experiments.
/// </summary>
public static class Sweep
{
    /// <summary>Changes every cell of the clean runs and reads the metric.</summary>
    /// <param name="model">The model.</param>
    /// <param name="pairs">The prompts; corrupted prompts are not used.</param>
    /// <param name="options">Sites, axes and metric.</param>
    /// <param name="name">What takes the activation's place, in a word: column <c>with</c> of the table.</param>
    /// <param name="intervene">
    /// The interventions of a cell in a prompt, such as <c>cell => cell.Points.Select(p => new Steer(p, vector, 2, cell.Scope(p)))</c>. It may be asked
    /// for a cell more than once and has to answer the same.
    /// </param>
    /// <param name="execution">How it is computed; null = with the default engine, all rows in the table.</param>
    /// <param name="cancellation">Stops between runs.</param>
    /// <returns>
    /// The <c>ablation</c> table, one row per cell and prompt; effect = patched - clean, in units of the metric. <see cref="SweepSummary.Of(ResultTable, int, int, int, int)"/>
    /// gives means, intervals and tests over prompts.
    /// </returns>
    /// <exception cref="InvalidInputException">A prompt, site, metric or intervention does not fit.</exception>
    /// <exception cref="SweepStoppedException">Cancelled; it carries the rows of the finished cells.</exception>
    public static ResultTable<AblationRow> Run(
        TransformerModel model,
        IReadOnlyList<PromptPair> pairs,
        SweepOptions options,
        string name,
        Func<PromptCell, IEnumerable<Intervention>> intervene,
        ExecutionOptions? execution = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(pairs);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(intervene);
        execution ??= new ExecutionOptions();
        SweepInput.Require(model, pairs, options, corrupted: false);
        TokenBatch prompts = PromptPair.Batch(pairs);
        var runner = new SweepExecution(model, options.Metric, execution, PromptPair.Rows(pairs));
        BaseRuns runs = runner.Plain(pairs, prompts, null);
        IReadOnlyList<SweepCell> covered = new SweepCells(model.Hooks, options, pairs, corrupted: false).All(
            point => options.Neurons.TopCount == 0
                ? NeuronPromise.Choose(model, options.Neurons, point, [])
                : throw new InvalidInputException(
                    $"neurons top:{options.Neurons.TopCount}: what interventions of one's own promise is not known; expected a list of neurons"));
        var cells = new CellPlan(model.Hooks, covered, pairs, corrupted: false);
        ResultTable<AblationRow> table = TableSchemas.Ablation.Create().From(model, pairs);
        SweepPlan plan = cells.Of($"sweep {name}", prompts, intervene);
        if (execution.Journal is not null)
        {
            plan = plan with { Name = $"{plan.Name} {Interventions(plan)}" };
        }

        var rows = new TableBatches(table, execution.Sink);
        runner.Fill(plan, runs, rows, Add, cancellation);
        return table;

        void Add(int cell, int prompt, double patched) => rows.Add(
            Row(cells, cell, prompt, options.Metric, name, runs.Clean[prompt], null, patched, patched - runs.Clean[prompt]));
    }

    /// <summary>A row of the ablation table.</summary>
    internal static AblationRow Row(
        CellPlan cells, int index, int prompt, Metric metric, string with, double clean, double? corrupted, double patched, double? effect)
    {
        PromptCell own = cells[index, prompt];
        SweepCell cell = own.Cell;
        return new AblationRow(
            own.Pair.Row ?? prompt, own.Pair.Id, own.Pair.Group, cell.Site, cells.Hook(cell), cell.Layer, cell.Head, own.Position, own.Source,
            cell.Neuron, cell.Place.Name, cell.Sources.Name, metric.Name, with, clean, corrupted, patched, effect);
    }

    // A sweep that goes on must be the same sweep: what it changes is seen in no option.
    private static string Interventions(SweepPlan plan)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach ((int cell, int prompt) in plan.Items())
        {
            hash.AppendData(Encoding.UTF8.GetBytes(string.Join('\n', plan.Intervene(cell, prompt)) + "\n\n"));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
