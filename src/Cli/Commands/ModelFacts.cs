using System.Collections.Immutable;
using Interp.Analysis;
using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Cli;

/// <summary>What a model is: the tables <c>model</c> (one row) and <c>hooks</c> (one row per hook point).</summary>
/// <param name="model">The model.</param>
/// <param name="positions">Prompt length for shapes and sizes.</param>
internal sealed class ModelFacts(TransformerModel model, int positions)
{
    private readonly MemoryPlan _everything = model.Plan([positions], new RunOptions { Observe = Queries(model.Hooks.Points) });

    /// <summary>Bytes of all standard activations of one prompt, in float32.</summary>
    public long ActivationBytes => _everything.Recorded;

    /// <summary>
    /// Bytes that a run of one prompt is planned to need, weights included, when every standard activation is recorded.
    /// </summary>
    public long PeakBytes => _everything.Peak;

    /// <summary>The same when nothing is recorded and the logits of all positions are computed.</summary>
    public long ForwardPeakBytes { get; } = model.Plan([positions]).Peak;

    /// <summary>Bytes of the weights as the checkpoint stores them.</summary>
    public long StoredBytes => model.Stored.Sum(stored => stored.Bytes);

    private static List<HookQuery> Queries(ImmutableArray<HookPoint> points)
    {
        List<HookQuery> queries = [];
        foreach (HookPoint point in points)
        {
            queries.Add(point);
        }

        return queries;
    }

    /// <summary>One row of sizes.</summary>
    public ResultTable Model()
    {
        ModelConfig c = model.Config;
        ResultTable table = TableSchemas.Model.Create();
        table.AddRow(new ModelRow(
            model.Name, c.Family, c.NLayers, c.DModel, c.NHeads, c.NKeyValueHeads, c.DHead, c.DMlp, c.DVocab, c.NCtx, c.Norm.ToString(),
            c.Block.ToString(), c.Positions.ToString(), model.Tokenizer?.Kind, model.Hooks.AllPoints.Length,
            model.Weights.Parameters(c.TiedUnembedding), model.Weights.Bytes, string.Join(' ', model.Stored.Select(s => s.Type)),
            StoredBytes, positions, ActivationBytes, PeakBytes, ForwardPeakBytes, model.Sha256, model.Tokenizer?.Source));
        return table;
    }

    /// <summary>The hook points in firing order; shapes as numbers separated by spaces.</summary>
    public ResultTable Hooks()
    {
        ResultTable table = TableSchemas.Hooks.Create();
        foreach (HookPoint point in model.Hooks.AllPoints)
        {
            table.Add(
                model.Hooks.Name(point), point.Site, point.Layer < 0 ? null : point.Layer,
                string.Join(' ', model.Hooks.Shape(point, positions, positions)),
                HookTable.Row(point.Kind).OnRequest ? "on request" : "always");
        }

        return table;
    }
}
