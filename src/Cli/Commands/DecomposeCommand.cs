using System.CommandLine;
using System.Globalization;
using Interp.Analysis;
using Interp.Runtime;

namespace Interp.Cli;

/// <summary><c>interp decompose</c>: every residual write and its direct contribution; table <c>components</c>.</summary>
internal sealed class DecomposeCommand : ToolCommand
{
    private const int PeopleTop = 15;
    private const int MostRemarks = 5;

    private readonly ModelOptions _model;
    private readonly InputOptions _input;
    private readonly ReadingOptions _reading;
    private readonly TableOptions _table;
    private readonly ChoiceOption<LedgerDetail> _by = new(
        "--by", "How finely writes are told apart.", ("head", LedgerDetail.Head), ("component", LedgerDetail.Component),
        ("neuron", LedgerDetail.Neuron), ("source", LedgerDetail.Source));

    private readonly Option<int[]> _pos = Opt.Ints(
        "--pos", "N", "Positions whose logits are taken apart: 0-based, negative from the end.", -1);

    public DecomposeCommand()
        : base(
            "decompose",
            "Every write to the residual stream at a position, and its direct contribution to the logit of --answer, "
            + "minus that of "
            + "--wrong where given (table `components`). Without an answer: to the most likely token.")
    {
        _model = new ModelOptions(this, interventions: true);
        _input = new InputOptions(this, PromptParts.Answers | PromptParts.Metric);
        Add(_by);
        Add(_pos);
        _reading = new ReadingOptions(this);
        _table = new TableOptions(this, report: true, prompts: true);
        CommonOptions.AddTo(this);
    }

    public override void Execute(Session session)
    {
        _table.Check(session);
        LedgerDetail detail = session.Get(_by);
        DecompositionOptions parts = _reading.Read(session, detail);
        TransformerModel model = _model.Load(session);
        IReadOnlyList<PromptPair> pairs = _input.Read(session, model, _reading.NeedsAnswer(session));
        PromptRuns.RefusePositions(session, _pos, pairs);
        for (int i = 0; i < pairs.Count; i++)
        {
            if (pairs[i].Wrongs.Count > 0 && pairs[i].Answers.Count == 0)
            {
                throw new InvalidInputException(
                    $"prompt {IndexColumns.Number(pairs, i)}: a wrong token (--wrong) needs an answer (--answer) to be compared with");
            }

            foreach (int both in pairs[i].Answers.Intersect(pairs[i].Wrongs))
            {
                throw new InvalidInputException(
                    $"prompt {IndexColumns.Number(pairs, i)}: expected answers and wrong tokens that differ, found token {both} among both");
            }

            Array.ForEach(PositionsOf(pairs[i]), p => Positions.Resolve(p, pairs[i].Clean.Count, $"prompt {IndexColumns.Number(pairs, i)}"));
        }

        var options = new RunOptions
        {
            Observe = [.. ResidualLedger.Needs(model, detail), .. _reading.Needs(session, model)],
            Interventions = _model.Interventions(session, model),
            MemoryBudget = _model.RunMemory(session, model),
            Threads = _model.Threads(session),
        };
        var components = new ComponentsTable(model, IndexColumns.Named(pairs));
        using var rows = new GrowingTable(session, _table, components.Table);
        List<LedgerClosure> closures = [];
        List<string> remarks = [];
        foreach ((int prompt, RunResult run, int sequence) in PromptRuns.Each(session, model, pairs, options, 1))
        {
            foreach (int position in PositionsOf(pairs[prompt]))
            {
                ReadOnlySpan<float> logits = run.LogitsAt(sequence, position);
                PromptPair pair = _reading.NeedsAnswer(session)
                    ? WithAnswer(model, pairs[prompt], $"prompt {IndexColumns.Number(pairs, prompt)}, position {position}", logits, remarks)
                    : pairs[prompt];
                var ledger = new ResidualLedger(model, run.Cache(sequence));
                closures.Add(components.Add(
                    prompt, pair, ledger, _reading.Readings(session, model, ledger, IndexColumns.Number(pairs, prompt), pair, logits, position), parts));
            }

            rows.Pass();
        }

        Remark(session, remarks);
        rows.Finish(() => ComponentsView.Print(session, components.Table, PeopleTop));
        string closing = string.Create(
            CultureInfo.InvariantCulture,
            $"adds up: relative error {closures.Max(c => c.Stream):0.0e+0} (stream), "
            + $"{closures.Max(c => c.Logits):0.0e+0} (logits)");
        if (_table.ForPeople(session))
        {
            session.Output.WriteLine(closing);
        }
        else
        {
            session.Note(closing);
        }

        int[] PositionsOf(PromptPair pair) => [.. pair.MetricPositions ?? session.Get(_pos)];
    }

    private static PromptPair WithAnswer(
        TransformerModel model, PromptPair pair, string where, ReadOnlySpan<float> logits, List<string> remarks)
    {
        if (pair.Answers.Count > 0)
        {
            return pair;
        }

        int top = TokenDistribution.MostLikely(logits);
        remarks.Add(
            $"{where}: no answer was given; taking the most likely token, {Shown.Token(model.TokenText(top))} (id {top})");
        return pair with { Answers = [top] };
    }

    private static void Remark(Session session, List<string> remarks)
    {
        remarks.Take(MostRemarks).ToList().ForEach(session.Note);
        if (remarks.Count > MostRemarks)
        {
            session.Note($"... and so for {remarks.Count - MostRemarks} more");
        }
    }
}
