using System.CommandLine;
using Interp.Analysis;
using Interp.Runtime;

namespace Interp.Cli;

/// <summary><c>interp lens</c>: the logit lens over layers and positions; table <c>lens</c>.</summary>
internal sealed class LensCommand : ToolCommand
{
    private readonly ModelOptions _model;
    private readonly InputOptions _input;
    private readonly TableOptions _table;
    private readonly Option<string[]> _sites = Opt.List(
        "--sites", "SITES", "resid (entry of each layer, and the top), resid_mid, attn_out, mlp_out, result (each head). [default: resid]");

    private readonly Option<int[]> _pos = Opt.Ints("--pos", "N", "Positions: 0-based, negative from the end. [default: all]");
    private readonly Option<string?> _tuned = Opt.Text(
        "--tuned", "FILE.safetensors", "Translators of a tuned lens: {layer}.weight and {layer}.bias.");

    public LensCommand()
        : base(
            "lens",
            "Logit lens: the stream, or a write, read as if it were the top (table `lens`). Ranks and probabilities are of --answer, "
            + "else of the run's own most likely token.")
    {
        _model = new ModelOptions(this, interventions: true);
        _input = new InputOptions(this, PromptParts.Answers);
        foreach (Option option in new Option[] { _sites, _pos, _tuned })
        {
            Add(option);
        }

        _table = new TableOptions(this, report: true, prompts: true);
        CommonOptions.AddTo(this);
    }

    public override void Execute(Session session)
    {
        _table.Check(session);
        TransformerModel model = _model.Load(session);
        IReadOnlyList<PromptPair> pairs = _input.Read(session, model);
        string[] sites = session.Get(_sites);
        IReadOnlyList<LensPlace> places = LogitLens.Places(model, sites.Length > 0 ? sites : ["resid"]);
        TunedLens? translators = session.Get(_tuned) is { } path ? TunedLens.Load(path, model.Config) : null;
        if (translators is not null && sites.Any(s => s != "resid"))
        {
            throw new InvalidInputException("--tuned: translators are of the stream that enters a layer; expected --sites resid");
        }

        int[] positions = session.Get(_pos);
        for (int i = 0; i < pairs.Count; i++)
        {
            Array.ForEach(positions, p => Positions.Resolve(p, pairs[i].Clean.Count, $"prompt {IndexColumns.Number(pairs, i)}"));
        }

        var options = new RunOptions
        {
            Observe = [.. places.Select(p => p.Point).Distinct().Select(p => (Hooks.HookQuery)p)],
            Interventions = _model.Interventions(session, model),
            MemoryBudget = _model.RunMemory(session, model),
            Threads = _model.Threads(session),
        };
        var lens = new LensTable(model, IndexColumns.Named(pairs));
        using var rows = new GrowingTable(session, _table, lens.Table);
        foreach ((int prompt, RunResult run, int sequence) in PromptRuns.Each(session, model, pairs, options, 1))
        {
            lens.Add(
                prompt, pairs[prompt], run, sequence, places, positions, translators, _model.Threads(session), session.Cancellation);
            rows.Pass();
        }

        rows.Finish(() => Print(session, lens.Table));
    }

    private static void Print(Session session, ResultTable table)
    {
        string[] names = ["prompt", "site", "layer", "head", "pos", "token", "target", "rank", "top_token", "logit", "prob", "entropy", "kl_to_final"];
        int[] at = [.. names.Select(table.IndexOf)];
        var people = new PeopleTable([.. names.Select(n => n is "site" or "token" or "target" or "top_token" ? n : "#" + n)]);
        foreach (IReadOnlyList<object?> row in table.Rows.Take(PeopleRows.Most))
        {
            people.Add([.. at.Select(i => row[i])]);
        }

        people.Print(session.Output);
        PeopleRows.Remainder(session, Math.Min(PeopleRows.Most, table.Rows.Count), table.Rows.Count);
    }
}
