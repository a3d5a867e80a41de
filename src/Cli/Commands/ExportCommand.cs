using System.CommandLine;
using Interp.Hooks;
using Interp.Onnx;
using Interp.Onnx.Export;
using Interp.Runtime;
using Interp.Runtime.Weights;

namespace Interp.Cli;

/// <summary><c>interp export</c>: the model as an ONNX graph or as safetensors.</summary>
internal sealed class ExportCommand : ToolCommand
{
    private const string Expected = "expected a file ending in .onnx or .safetensors";

    private readonly ModelOptions _model;
    private readonly Option<string?> _out = Opt.Text(
        "--out", "FILE", "MODEL.onnx: a standard graph, any batch and length; MODEL.safetensors: weights under Hugging Face's names, "
        + "or after --process in TransformerLens' own format.");

    private readonly Option<string[]> _hooks = Opt.List(
        "--hooks", "GLOB", "Hook points that become outputs of the graph: names, shorthand or globs. [default: logits only]");

    public ExportCommand()
        : base("export", "Writes the model, with interventions made part of it, as ONNX; or its weights as safetensors.")
    {
        _model = new ModelOptions(this, interventions: true, memory: false);
        Add(_hooks);
        Add(_out);
        CommonOptions.AddTo(this);
    }

    public override void Execute(Session session)
    {
        string path = session.Get(_out) ?? throw new InvalidInputException($"--out: {Expected}, found none");
        AtomicFile.Probe(path);
        switch (Path.GetExtension(path).ToLowerInvariant())
        {
            case ".onnx":
                TransformerModel model = _model.Load(session);
                OnnxExport.Write(model, path, new OnnxExportOptions
                {
                    Outputs = [.. session.Get(_hooks).Select(name => (HookQuery)name)],
                    Interventions = _model.Interventions(session, model),
                });
                WriteBeside(session, path);
                break;
            case ".safetensors":
                RefuseForWeights(session);
                if (_model.HasProcessing(session))
                {
                    HookedExport.Write(_model.Load(session), path);
                }
                else
                {
                    SafetensorsExport.Write(_model.Path(session), path);
                }

                break;
            default:
                throw new InvalidInputException($"{path}: {Expected}");
        }

        session.Note($"{path}: {Shown.Bytes(new FileInfo(path).Length)}");
    }

    /// <summary>The settings and the tokenizer, so that the graph loads alone; or a remark why it does not.</summary>
    private void WriteBeside(Session session, string path)
    {
        string? reason = _model.Path(session) == "demo" ? "the demo model has no family that is read from ONNX"
            : _model.HasProcessing(session) ? "its weights are processed, which no config.json says"
            : _model.HasInterventions(session) ? "interventions are part of it"
            : null;
        IReadOnlyList<string> remarks = reason is null
            ? CompanionFiles.Write(_model.Path(session), path)
            : [$"{path}: no config.json and no tokenizer are written beside it: {reason}, so it does not load as a model here"];
        foreach (string remark in remarks)
        {
            session.Note(remark);
        }
    }

    private void RefuseForWeights(Session session)
    {
        if (session.Get(_hooks).Length > 0 || _model.HasInterventions(session))
        {
            throw new InvalidInputException(
                "--out: a safetensors file holds weights only; hook points and interventions need an ending of .onnx");
        }
    }
}
