using System.CommandLine;
using System.Globalization;
using Interp.Analysis;
using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Cli;

/// <summary><c>interp weights</c>: what the weights alone say about heads; tables <c>ov</c>, <c>qk</c>, <c>composition</c>, <c>token_pairs</c>, <c>neurons</c>.</summary>
internal sealed class WeightsCommand : ToolCommand
{
    private readonly ModelOptions _model;
    private readonly TableOptions _table;
    private readonly ChoiceOption<string> _what = new(
        "--what", "ov, qk: norms, copying scores, singular values, eigenvalues of the circuits; composition: Q-, K- and V-composition; "
        + "ov-tokens, qk-tokens: the strongest token pairs through embedding and unembedding; neurons: the tokens that each neuron reads and "
        + "writes. To a folder without --what: ov, qk and composition.",
        ("ov", "ov"), ("qk", "qk"), ("composition", "composition"), ("ov-tokens", "ov-tokens"), ("qk-tokens", "qk-tokens"), ("neurons", "neurons"));

    private readonly Option<string[]> _heads = Opt.List("--heads", "HEADS", "9.6,L9H9,...: these heads only. [default: all]");
    private readonly Option<string[]> _neurons = Opt.List(
        "--neurons", "NEURONS", "L9N233,9.233,...: with --what neurons, these only. [default: all]");

    private readonly Option<int> _top = Opt.Int("--top", "N", "Token pairs per head, or tokens per neuron and side.", 10, 1);

    public WeightsCommand()
        : base("weights", "Circuits and composition of heads, and neurons in tokens, from the weights alone (tables `ov`, `qk`, `composition`, `token_pairs`, `neurons`).")
    {
        _model = new ModelOptions(this, memory: false);
        Add(_what);
        Add(_heads);
        Add(_neurons);
        Add(_top);
        _table = new TableOptions(this, report: true);
        CommonOptions.AddTo(this);
    }

    public override void Execute(Session session)
    {
        _table.Check(session);
        string what = session.Get(_what);
        bool neurons = what == "neurons";
        if (session.Has(_top) && !neurons && !what.EndsWith("-tokens", StringComparison.Ordinal))
        {
            throw new InvalidInputException("--top: works with --what ov-tokens, qk-tokens or neurons only");
        }

        if (session.Has(neurons ? _heads : _neurons))
        {
            throw new InvalidInputException(neurons ? "--heads: neurons belong to no head; use --neurons" : "--neurons: works with --what neurons only");
        }

        TransformerModel model = _model.Load(session);
        (int Layer, int Head)[]? heads = Heads(session, model);
        CancellationToken stop = session.Cancellation;
        ResultTable[] tables = [.. (_table.IsFolder(session) && !session.Has(_what) ? ["ov", "qk", "composition"] : new[] { what }).Select(Table)];
        _table.Emit(session, tables, () => Print(session, tables[0]));

        ResultTable Table(string which) => which switch
        {
            "composition" => WeightTables.Composition(model, heads, _model.Threads(session), stop),
            "neurons" => NeuronTokens.Table(model, session.Get(_top), Neurons(session), _model.Threads(session), stop),
            "ov" or "qk" => WeightTables.Circuits(model, which == "qk", heads, stop),
            _ => WeightTables.TokenPairs(model, which == "qk-tokens", session.Get(_top), heads, stop),
        };
    }

    /// <summary>The heads that were asked for; null when none were.</summary>
    private (int Layer, int Head)[]? Heads(Session session, TransformerModel model) => session.Get(_heads) is not { Length: > 0 } names
        ? null
        : [.. names.Select(HeadRef.Parse).Select(head =>
            (uint)head.Layer < (uint)model.Config.NLayers && (uint)head.Head < (uint)model.Config.NHeads
                ? (head.Layer, head.Head)
                : throw new InvalidInputException(
                    $"--heads: {head} is out of range, expected L0H0..L{model.Config.NLayers - 1}H{model.Config.NHeads - 1}"))];

    /// <summary>The neurons that were asked for; null when none were.</summary>
    private (int Layer, int Neuron)[]? Neurons(Session session) => session.Get(_neurons) is not { Length: > 0 } names
        ? null
        : [.. names.Select(name =>
        {
            string[] parts = name.StartsWith('L') ? name[1..].Split('N') : name.Split('.');
            return parts is [var layer, var neuron]
                && int.TryParse(layer, NumberStyles.None, CultureInfo.InvariantCulture, out int l)
                && int.TryParse(neuron, NumberStyles.None, CultureInfo.InvariantCulture, out int n)
                ? (l, n)
                : throw new InvalidInputException($"--neurons: expected L9N233 or 9.233, found '{name}'");
        })];

    private static void Print(Session session, ResultTable table)
    {
        IReadOnlyList<object?>[] rows = [.. table.Rows.Where(r => table.Name is not ("ov" or "qk") || r[2] is "norm" or "copying" or "full_copying" || r[3] is 0)];
        if (table.Name == "composition")
        {
            rows = [.. rows.OrderByDescending(r => (double)r[^1]!)];
        }

        var people = new PeopleTable([.. table.Columns.Select(c => c.Type == ColumnType.Text ? c.Name : "#" + c.Name)]);
        foreach (IReadOnlyList<object?> row in rows.Take(PeopleRows.Most))
        {
            people.Add([.. row]);
        }

        people.Print(session.Output);
        PeopleRows.Remainder(session, Math.Min(rows.Length, PeopleRows.Most), table.Rows.Count);
    }
}
