using System.CommandLine;
using System.Numerics.Tensors;
using Interp.Analysis;
using Interp.Runtime;

namespace Interp.Cli;

/// <summary><c>interp run</c>: the most likely next tokens; table <c>tokens</c>.</summary>
internal sealed class RunCommand : ToolCommand
{
    private const int PromptsAtOnce = 16;

    private readonly ModelOptions _model;
    private readonly InputOptions _input;
    private readonly TableOptions _table;
    private readonly Option<int[]> _pos = Opt.Ints(
        "--pos", "N", "Positions whose next token is asked for: 0-based, negative from the end; may be repeated.", -1);

    private readonly Option<int> _topK = Opt.Int("--top-k", "N", "How many tokens are listed.", 10, 1);

    public RunCommand()
        : base("run", "The most likely next tokens, with logit and probability (table `tokens`).")
    {
        _model = new ModelOptions(this, interventions: true);
        _input = new InputOptions(this, PromptParts.Prompts);
        Add(_pos);
        Add(_topK);
        _table = new TableOptions(this);
        CommonOptions.AddTo(this);
    }

    public override void Execute(Session session)
    {
        _table.Check(session);
        TransformerModel model = _model.Load(session);
        IReadOnlyList<PromptPair> pairs = _input.Read(session, model);
        int[] positions = session.Get(_pos);
        var options = new RunOptions
        {
            Interventions = _model.Interventions(session, model),
            Logits = positions is [-1] ? LogitRows.Last : LogitRows.All,
            MemoryBudget = _model.RunMemory(session, model),
            Threads = _model.Threads(session),
        };
        foreach ((int prompt, int position) in pairs.SelectMany((_, i) => positions.Select(p => (i, p))))
        {
            Positions.Resolve(position, pairs[prompt].Clean.Count, $"prompt {IndexColumns.Number(pairs, prompt)}");
        }

        ResultTable table = TableSchemas.Tokens.Create(IndexColumns.Named(pairs));
        foreach ((int prompt, RunResult run, int sequence) in PromptRuns.Each(session, model, pairs, options, PromptsAtOnce))
        {
            foreach (int position in positions)
            {
                AddTop(table, model, pairs, prompt, position, run.LogitsAt(sequence, position), session.Get(_topK));
            }
        }

        _table.Emit(session, table, () => Print(session, table));
    }

    private static void AddTop(
        ResultTable table, TransformerModel model, IReadOnlyList<PromptPair> pairs, int prompt, int position,
        ReadOnlySpan<float> logits, int count)
    {
        IReadOnlyList<int> tokens = pairs[prompt].Clean;
        int p = Positions.Resolve(position, tokens.Count, $"prompt {IndexColumns.Number(pairs, prompt)}");
        float[] values = logits.ToArray();
        double max = TensorPrimitives.Max<float>(values), total = values.Sum(v => Math.Exp(v - max));
        int[] top = [.. Enumerable.Range(0, values.Length).OrderByDescending(i => values[i]).ThenBy(i => i).Take(count)];
        for (int rank = 0; rank < top.Length; rank++)
        {
            int id = top[rank];
            table.Add(
            [
                .. IndexColumns.Values(pairs, prompt), p, model.TokenText(tokens[p]), rank, model.TokenText(id), id,
                (double)values[id], Math.Exp(values[id] - max) / total,
            ]);
        }
    }

    private static void Print(Session session, ResultTable table)
    {
        var people = new PeopleTable("#prompt", "#pos", "token", "#rank", "next token", "#id", "#logit", "#probability");
        foreach (IReadOnlyList<object?> row in table.Rows.Take(PeopleRows.Most))
        {
            int n = row.Count;
            people.Add(
                row[0], row[n - 7], Shown.Token((string)row[n - 6]!), row[n - 5], Shown.Token((string)row[n - 4]!), row[n - 3],
                row[n - 2], row[n - 1]);
        }

        people.Print(session.Output);
        PeopleRows.Remainder(session, PeopleRows.Most, table.Rows.Count);
    }
}
