using System.CommandLine;
using Interp.Analysis;
using Interp.Export;
using Interp.Hooks;
using Interp.Runtime;
using Interp.Runtime.Weights;

namespace Interp.Cli;

/// <summary><c>interp cache</c>: writes activations to a safetensors file, or to Arrow files.</summary>
internal sealed class CacheCommand : ToolCommand
{
    private readonly ModelOptions _model;
    private readonly InputOptions _input;
    private readonly Option<string?> _out = Opt.Text(
        "--out", "PATH", "FILE.safetensors: one tensor per hook point, [pos, ...], plus `logits` and `tokens`. FILE.arrow: a row per prompt, hook, "
        + "position and head, for hooks of one width. A folder: such a table for each site. Arrow is written as it is computed.");

    private readonly Option<string[]> _hooks = Opt.List(
        "--hooks", "GLOB",
        "Hook points: names, shorthand or globs, such as blocks.*.hook_resid_post z5. [default: all standard ones]");

    public CacheCommand()
        : base("cache", "Activations at hook points, written to a .safetensors file, an .arrow file, or a folder.")
    {
        _model = new ModelOptions(this, interventions: true);
        _input = new InputOptions(this, PromptParts.Prompts);
        Add(_hooks);
        Add(_out);
        CommonOptions.AddTo(this);
    }

    public override void Execute(Session session)
    {
        string path = session.Get(_out)
            ?? throw new InvalidInputException("--out: expected a file ending in .safetensors or .arrow, or a folder; found none");
        bool tensors = path.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase), folder = OutputPath.IsFolder(path);
        if (!tensors && !folder && Path.GetExtension(path).ToLowerInvariant() is not (".arrow" or ".feather"))
        {
            throw new InvalidInputException($"{path}: activations are tensors; expected an ending of .safetensors or .arrow, or a folder");
        }

        if (tensors)
        {
            AtomicFile.Probe(path);
            session.Lock(path);
        }
        else
        {
            OutputPath.Check(path, Compression.None);
        }

        TransformerModel model = _model.Load(session);
        if (!model.Config.HasUnembed && tensors)
        {
            // Not a remark that --quiet silences: the file lacks what such files have.
            session.Error.WriteLine($"{path}: no logits are written, because {_model.Path(session)} has no unembedding head");
        }

        IReadOnlyList<PromptPair> pairs = _input.Read(session, model);
        string[] names = session.Get(_hooks);
        IReadOnlyList<HookPoint> points = names.Length == 0
            ? model.Hooks.Points
            : model.Hooks.ResolveAll([.. names.Select(n => (HookQuery)n)]);
        var options = new RunOptions
        {
            Observe = [.. points.Select(p => (HookQuery)p)],
            Interventions = _model.Interventions(session, model),
            Threads = _model.Threads(session),
        };
        if (tensors)
        {
            WriteTensors(session, model, pairs, options, path, _model.RunMemory(session, model));
        }
        else
        {
            new ActivationOutput(session, model, points, pairs)
                .Write(path, folder, options with { MemoryBudget = _model.RunMemory(session, model) });
        }
    }

    private static void WriteTensors(
        Session session, TransformerModel model, IReadOnlyList<PromptPair> pairs, RunOptions options, string path, long budget)
    {
        int atOnce = AtOnce(model, pairs, options, budget);
        List<NamedTensor> tensors = [];
        foreach ((int prompt, RunResult run, int sequence) in PromptRuns.Each(session, model, pairs, options, atOnce))
        {
            string prefix = pairs.Count == 1 ? "" : $"{IndexColumns.Number(pairs, prompt)}/";
            tensors.AddRange(Tensors(model, run, sequence, prefix));
        }

        Dictionary<string, string> metadata = FileMetadata.OfResult(session);
        metadata[ResultMetadata.Table] = "cache";
        metadata[ResultMetadata.ResultSha256] = ResultHash.Of(tensors);
        metadata.TryAdd(ResultMetadata.Complete, "true");
        string file = session.Stopped is null ? path : PartFile.PlaceFor(path);
        SafetensorsWriter.Write(file, tensors, metadata);
        if (session.Stopped is null)
        {
            File.Delete(PartFile.Beside(path));
        }

        session.Note($"{file}: {tensors.Count} tensors, {Shown.Bytes(new FileInfo(file).Length)}{(session.Stopped is null ? "" : ", incomplete")}");
    }

    /// <summary>
    /// Prompts of one run. What was recorded is held until the file is written, so that running prompts one by one only spares the
    /// memory of the pass.
    /// </summary>
    /// <exception cref="InvalidInputException">Memory does not suffice.</exception>
    private static int AtOnce(TransformerModel model, IReadOnlyList<PromptPair> pairs, RunOptions options, long budget)
    {
        MemoryPlan together = model.Plan([.. pairs.Select(p => p.Clean.Count)], options);
        if (together.Run <= budget)
        {
            return pairs.Count;
        }

        bool divisible = options.Interventions.Count == 0;
        long pass = divisible ? pairs.Max(p => model.Plan([p.Clean.Count], options).Pass) : together.Pass;
        long needed = together.Recorded + together.Logits + pass;
        return needed <= budget
            ? 1
            : throw new InvalidInputException(
                $"memory: the activations of {pairs.Count} prompts need {needed} bytes beside the weights until they are written (recorded "
                + $"{together.Recorded}, logits {together.Logits}, pass {pass}), allowed are {budget}; "
                + "choose fewer --hooks or prompts, or allow more with --memory");
    }

    private static IEnumerable<NamedTensor> Tensors(TransformerModel model, RunResult run, int sequence, string prefix)
    {
        ActivationCache cache = run.Cache(sequence);
        foreach (HookPoint point in cache.Points)
        {
            yield return NamedTensor.Float(prefix + model.Hooks.Name(point), cache.Shape(point), cache.Values(point));
        }

        long[] tokens = [.. run.Batch.Tokens(sequence).ToArray().Select(t => (long)t)];
        if (model.Config.HasUnembed)
        {
            yield return NamedTensor.Float(prefix + "logits", [tokens.Length, model.Config.DVocabOut], run.LogitValues(sequence));
        }

        yield return NamedTensor.Integers(prefix + "tokens", [tokens.Length], tokens);
    }
}
