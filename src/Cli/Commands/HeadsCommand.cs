using System.CommandLine;
using Interp.Analysis;
using Interp.Runtime;

namespace Interp.Cli;

/// <summary><c>interp heads</c>: previous-token, duplicate-token and induction scores; table <c>heads</c>.</summary>
internal sealed class HeadsCommand : ToolCommand
{
    private readonly ModelOptions _model;
    private readonly InputOptions _input;
    private readonly TableOptions _table;
    private readonly Option<int> _random = Opt.Int(
        "--random", "N", "Without prompts: number of random prompts whose second half repeats the first, with controls.", 8, 1);

    private readonly Option<int> _half = Opt.Int("--half", "N", "Length of their halves.", 12, 2);
    private readonly ChoiceOption<string> _scoring = new(
        "--scoring", "Share of the attention weight on the pattern's entries, or nearness to the pattern (`..._abs`), as TransformerLens' mul and abs.",
        ("mul", "mul"), ("abs", "abs"));

    private readonly Option<int> _seed = Opt.Int(CommonOptions.Seed, "N", "Seed of random prompts and of the bootstrap.", 0);

    public HeadsCommand()
        : base(
            "heads",
            "Heads by what they attend to: previous token, duplicate tokens, what followed the same token before (table `heads`). "
            + "Without prompts: on random tokens that repeat.")
    {
        _model = new ModelOptions(this);
        _input = new InputOptions(this, PromptParts.Prompts);
        foreach (Option option in new Option[] { _random, _half, _scoring, _seed })
        {
            Add(option);
        }

        _table = new TableOptions(this, report: true);
        CommonOptions.AddTo(this);
    }

    public override void Execute(Session session)
    {
        _table.Check(session);
        bool given = _input.Given(session);
        foreach (Option option in new Option[] { _random, _half })
        {
            if (given && session.Has(option))
            {
                throw new InvalidInputException($"{option.Name}: describes random prompts, but prompts were given");
            }
        }

        TransformerModel model = _model.Load(session);
        IReadOnlyList<PromptPair> pairs = given
            ? _input.Read(session, model)
            : HeadScores.Repetitions(model, session.Get(_random), session.Get(_half), session.Get(_seed));
        ResultTable table = HeadScores.Table(
            model, pairs, session.Get(_seed), _model.Threads(session), session.Get(_scoring) == "abs", _model.RunMemory(session, model),
            session.Cancellation);
        _table.Emit(session, table, () => Print(session, table));
    }

    private static void Print(Session session, ResultTable table)
    {
        var people = new PeopleTable("#layer", "#head", "score", "#value", "#ci_low", "#ci_high", "#n");
        IReadOnlyList<object?>[] rows =
        [
            .. table.Rows.GroupBy(r => (string)r[2]!).SelectMany(g => g.OrderByDescending(r => (double)r[3]!).Take(5)),
        ];
        foreach (IReadOnlyList<object?> row in rows)
        {
            people.Add([.. row]);
        }

        people.Print(session.Output);
        PeopleRows.Remainder(session, rows.Length, table.Rows.Count);
    }
}
