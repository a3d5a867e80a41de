using System.CommandLine;
using Interp.Analysis;
using Interp.Onnx;
using Interp.Runtime;

namespace Interp.Cli;

/// <summary><c>interp verify</c>: the model against ONNX Runtime or against recorded activations; table <c>verify</c>.</summary>
internal sealed class VerifyCommand : ToolCommand
{
    private readonly ModelOptions _model;
    private readonly InputOptions _input;
    private readonly TableOptions _table;
    private readonly Option<string?> _onnx = Opt.Text(
        "--onnx", "FILE.onnx", "A graph of the same model, run by ONNX Runtime. [default: the model's own file, if it is one]");

    private readonly Option<string?> _reference = Opt.Text(
        "--reference", "FILE.safetensors", "Activations under the names that cache writes, with `tokens` and perhaps `logits`.");

    private readonly Option<double?> _tolerance = Opt.Number(
        "--tolerance", "X", "What the largest difference of a hook point may be, relative to its largest value. [default: 1e-5; "
        + "1e-3 for a graph in float16 with more than its weights rounded]");

    public VerifyCommand()
        : base("verify", "Compares every hook point that can be matched with another implementation (table `verify`).")
    {
        _model = new ModelOptions(this, verify: false);
        Add(_onnx);
        Add(_reference);
        Add(_tolerance);
        _input = new InputOptions(this, PromptParts.Prompts);
        _table = new TableOptions(this);
        CommonOptions.AddTo(this);
    }

    public override void Execute(Session session)
    {
        _table.Check(session);
        string? onnx = session.Get(_onnx), reference = session.Get(_reference);
        if (onnx is null && reference is null && _model.Path(session).EndsWith(".onnx", StringComparison.OrdinalIgnoreCase))
        {
            onnx = _model.Path(session);
        }

        if ((onnx is null) == (reference is null))
        {
            throw new InvalidInputException("verify: expected one of --onnx and --reference, found " + (onnx is null ? "none" : "both"));
        }

        TransformerModel model = _model.Load(session);
        IReadOnlyList<IReadOnlyList<int>>? prompts =
            _input.Given(session) ? [.. _input.Read(session, model).Select(WithoutTypes)] : null;
        VerifyReport report = onnx is not null
            ? OnnxReference.Verify(
                model, onnx, prompts ?? [ModelCheck.Tokens(model)], session.Get(_tolerance), _model.RunMemory(session, model))
            : Verification.AgainstFile(
                model, reference!, OnePrompt(prompts), session.Get(_tolerance) ?? Verification.Tolerance,
                _model.RunMemory(session, model));
        _table.Emit(session, report.Table(), () => Print(session, report));
        ModelCheck.Require(report);
    }

    private static IReadOnlyList<int> WithoutTypes(PromptPair pair) => pair.CleanTokenTypes is null
        ? pair.Clean
        : throw new InvalidInputException("verify: token types are not passed on to the reference; expected prompts without them, found some");

    private static IReadOnlyList<int>? OnePrompt(IReadOnlyList<IReadOnlyList<int>>? prompts) => prompts switch
    {
        null => null,
        [var one] => one,
        _ => throw new InvalidInputException($"--reference: expected one prompt, as the file has, found {prompts.Count}"),
    };

    private static void Print(Session session, VerifyReport report)
    {
        var people = new PeopleTable("hook", "#max abs", "#max rel", "");
        foreach (VerifyRow row in report.Rows)
        {
            people.Add(row.Hook, row.MaxAbs, row.MaxRel, row.Ok ? "ok" : "DIFFERS");
        }

        people.Print(session.Output);
        int good = report.Rows.Count(r => r.Ok);
        if (report.Note is { } note)
        {
            session.Output.WriteLine(note);
        }

        session.Output.WriteLine($"{good} of {report.Rows.Count} values agree within {report.Tolerance:E0} of their largest value");
    }
}
