using System.CommandLine;
using Interp.Analysis;
using Interp.Runtime;
using Interp.Runtime.Tokenization;

namespace Interp.Cli;

/// <summary><c>interp info</c>: what a model is, and its hook points;
/// table <c>model</c>, or <c>hooks</c> with <c>--hooks</c>.</summary>
internal sealed class InfoCommand : ToolCommand
{
    private const int UsualPositions = 128;

    private readonly ModelOptions _model;
    private readonly InputOptions _input;
    private readonly TableOptions _table;
    private readonly Option<bool> _hooks = Opt.Switch("--hooks", "List every hook point.");
    private readonly Option<int?> _positions = Opt.OptionalInt(
        "--positions", "N", $"Prompt length for shapes and sizes. [default: that of the prompt given, else {UsualPositions}]", 1);

    public InfoCommand()
        : base("info", "Sizes, family, hook points, parameters and bytes of a model (table `model`; with --hooks, `hooks`).")
    {
        _model = new ModelOptions(this, memory: false);
        _input = new InputOptions(this, PromptParts.Prompts);
        Add(_hooks);
        Add(_positions);
        _table = new TableOptions(this);
        CommonOptions.AddTo(this);
    }

    public override void Execute(Session session)
    {
        _table.Check(session);

        TransformerModel model = _model.Load(session);
        int positions = session.Get(_positions)
            ?? (_input.Given(session)
                ? _input.Read(session, model).Max(p => p.Clean.Count)
                : Math.Min(UsualPositions, model.Config.NCtx));
        if (positions > model.Config.NCtx)
        {
            throw new InvalidInputException(
                $"--positions: expected at most {model.Config.NCtx} (the model's context), found {positions}");
        }

        var facts = new ModelFacts(model, positions);
        bool hooks = session.Get(_hooks);
        _table.Emit(session, () => hooks ? [facts.Hooks(), facts.Model()] : [facts.Model(), facts.Hooks()], () =>
        {
            PrintModel(session, model, facts, positions);
            if (hooks)
            {
                PrintHooks(session, facts.Hooks(), positions);
            }
            else
            {
                session.Output.WriteLine("--hooks lists the hook points");
            }
        });
    }

    private static void PrintModel(Session session, TransformerModel model, ModelFacts facts, int positions)
    {
        ModelConfig c = model.Config;
        var people = new FactList("what", "value");
        people.Add("model", model.Name);
        people.Add("family", c.Family);
        people.Add("layers, width", $"{c.NLayers} layers, d_model {c.DModel}");
        people.Add(
            "attention",
            $"{c.NHeads} heads of {c.DHead}, {c.NKeyValueHeads} key-value heads, {(c.Causal ? "causal" : "bidirectional")}");
        string experts = c.Experts == 0 ? "" : $", {c.ExpertsPerToken} of {c.Experts} experts for each token";
        people.Add(
            "FFN", c.AttnOnly ? "none (attention only)" : $"d_mlp {c.DMlp}, {c.Activation}{(c.Gated ? ", gated" : "")}{experts}");
        people.Add("norm, block", $"{c.Norm}, {c.Block}");
        people.Add("positions", $"{c.Positions}, context {c.NCtx}");
        people.Add("vocabulary", $"{c.DVocab}, {(model.Tokenizer is { } tokenizer ? Tokenizer(tokenizer)
            : model.TokenizerProblem is { } problem ? $"token ids only: {problem}" : "no tokenizer (token ids only)")}");
        people.Add("parameters", Shown.Count(model.Weights.Parameters(c.TiedUnembedding)));
        if (model.Stored.Count > 0)
        {
            people.Add("weights as stored", $"{Shown.Bytes(facts.StoredBytes)}: {string.Join(", ", model.Stored.Select(
                s => $"{s.Type} {Shown.Bytes(s.Bytes)} in {s.Tensors} tensors"))}");
        }

        string blocks = model.Stored.Any(s => s.Type.StartsWith('Q')) ? "; quantised blocks are dequantised on load" : "";
        people.Add("weights in memory", $"{Shown.Bytes(model.Weights.Bytes)} ({model.Weights.NumberFormats}{blocks})");
        people.Add(
            "hook points",
            $"{model.Hooks.Points.Length} standard, {model.Hooks.AllPoints.Length - model.Hooks.Points.Length} more on request");
        people.Add($"all standard activations of {positions} tokens", Shown.Bytes(facts.ActivationBytes));
        people.Add("planned peak of a run that records them", Shown.Bytes(facts.PeakBytes));
        people.Add("planned peak of a run that records nothing", Shown.Bytes(facts.ForwardPeakBytes));
        people.Add("SHA-256 of the weights", model.Sha256);
        people.Print(session.Output);
    }

    private static string Tokenizer(TextTokenizer tokenizer) => tokenizer.Source is { } source
        ? $"{tokenizer.Kind} tokenizer from {source}, read by Interp"
        : $"{tokenizer.Kind} tokenizer";

    private static void PrintHooks(Session session, ResultTable table, int positions)
    {
        session.Output.WriteLine($"hook points in firing order, shapes for {positions} tokens:");
        var people = new PeopleTable("hook", "site", "shape", "recorded");
        foreach (IReadOnlyList<object?> row in table.Rows)
        {
            people.Add(row[0], row[1], row[3], row[4]);
        }

        people.Print(session.Output);
    }
}
