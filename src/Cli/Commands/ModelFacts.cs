using Interp.Analysis;
using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Cli;

/// <summary>What a model is: the tables <c>model</c> (one row) and <c>hooks</c> (one row per hook point).</summary>
/// <param name="model">The model.</param>
/// <param name="positions">Prompt length for shapes and sizes.</param>
/// <param name="hash">SHA-256 of the weights.</param>
internal sealed class ModelFacts(TransformerModel model, int positions, Task<string> hash)
{
    private readonly MemoryPlan _everything = model.Plan(
        [positions], new RunOptions { Observe = [.. model.Hooks.Points.Select(p => (HookQuery)p)] });

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

    /// <summary>SHA-256 of the weights, lower-case hexadecimal.</summary>
    public string Sha256 => hash.GetAwaiter().GetResult();

    /// <summary>One row of sizes.</summary>
    public ResultTable Model()
    {
        ModelConfig c = model.Config;
        (string Name, object? Value)[] facts =
        [
            ("model", model.Name), ("family", c.Family), ("n_layers", c.NLayers), ("d_model", c.DModel), ("n_heads", c.NHeads),
            ("n_key_value_heads", c.NKeyValueHeads), ("d_head", c.DHead), ("d_mlp", c.DMlp), ("d_vocab", c.DVocab),
            ("n_ctx", c.NCtx), ("norm", c.Norm.ToString()), ("block", c.Block.ToString()), ("positions", c.Positions.ToString()),
            ("tokenizer", model.Tokenizer?.Kind), ("hook_points", model.Hooks.AllPoints.Length),
            ("parameters", (double)model.Weights.Parameters(c.TiedUnembedding)), ("weight_bytes", (double)model.Weights.Bytes),
            ("stored_types", string.Join(' ', model.Stored.Select(s => s.Type))), ("stored_bytes", (double)StoredBytes),
            ("prompt_length", positions), ("activation_bytes", (double)ActivationBytes),
            ("peak_bytes", (double)PeakBytes), ("sha256", Sha256),
            ("forward_peak_bytes", (double)ForwardPeakBytes),
        ];
        var table = new ResultTable("model", [.. facts.Select(f => new Column(f.Name, f.Value switch
        {
            int => ColumnType.Int32,
            double => ColumnType.Float64,
            _ => ColumnType.Text,
        }))]);
        table.Add([.. facts.Select(f => f.Value)]);
        return table;
    }

    /// <summary>The hook points in firing order; shapes as numbers separated by spaces.</summary>
    public ResultTable Hooks()
    {
        var table = new ResultTable(
            "hooks", new("hook", ColumnType.Text), new("site", ColumnType.Text), new("layer", ColumnType.Int32),
            new("shape", ColumnType.Text), new("when", ColumnType.Text));
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
