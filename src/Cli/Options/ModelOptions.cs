using System.CommandLine;
using System.Globalization;
using Interp.Analysis;
using Interp.Hooks;
using Interp.Onnx;
using Interp.Runtime;

namespace Interp.Cli;

/// <summary>Which model is loaded, with how many threads it runs, and what is replaced on the way.</summary>
internal sealed class ModelOptions
{
    private readonly Option<string> _model = new("--model")
    {
        Description = "A Hugging Face directory (config.json, *.safetensors, tokenizer files), an .onnx or a .gguf file, or `demo`, "
            + "the model that ships with interp.",
        HelpName = "PATH",
        Required = true,
    };

    private readonly Option<int> _threads =
        Opt.Int("--threads", "N", "Threads; 0 = one per core. Results do not depend on it.", 0, 0);

    private readonly Option<string?> _memory = Opt.Text(
        "--memory", "SIZE", "Memory that runs may take at a time beside the weights, such as 4GB or 500MB: runs are divided, or refused "
        + "where that does not help. [default: what the machine has; 1GB in sweeps]");

    private readonly Option<string?> _interventions = Opt.Text(
        "--interventions", "FILE.json", "Interventions to apply in the run, as interp writes them in JSON.");

    private readonly Option<string[]> _process = Opt.List(
        "--process", "STEPS", $"Weight processing: {string.Join(", ", WeightProcessing.Names)}, or all. [default: none]");

    private readonly Option<string?> _verify = new("--verify")
    {
        Description = "Before anything else, compare every hook point with ONNX Runtime on a graph of the model, as `verify` does. "
            + "[default: the model's own file, if it is one]",
        HelpName = "FILE.onnx",
        Arity = ArgumentArity.ZeroOrOne,
    };

    /// <summary>Adds the options to a command.</summary>
    /// <param name="command">The command.</param>
    /// <param name="interventions">Whether the command applies interventions of the user's.</param>
    /// <param name="verify">Whether the model can be verified before the command runs.</param>
    /// <param name="memory">Whether the command runs prompts, which take memory.</param>
    public ModelOptions(Command command, bool interventions = false, bool verify = true, bool memory = true)
    {
        command.Add(_model);
        if (verify)
        {
            command.Add(_verify);
        }

        if (interventions)
        {
            command.Add(_interventions);
        }

        command.Add(_threads);
        if (memory)
        {
            command.Add(_memory);
        }

        command.Add(_process);
    }

    /// <summary>Threads; 0 = one per core.</summary>
    public int Threads(Session session) => session.Get(_threads);

    /// <summary>Bytes that runs may take beside the weights; null where nothing was said.</summary>
    /// <exception cref="InvalidInputException">The size cannot be read.</exception>
    public long? Memory(Session session) => session.Get(_memory) is { } size ? MemorySize.Parse(size) : null;

    /// <summary>Bytes that runs may take beside the weights: what was said, else what the machine has.</summary>
    /// <exception cref="InvalidInputException">The size cannot be read.</exception>
    public long RunMemory(Session session, TransformerModel model) =>
        Memory(session) ?? Math.Max(1, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes - model.Weights.Bytes);

    /// <summary>What was given as the model.</summary>
    public string Path(Session session) => session.Get(_model);

    /// <summary>Whether interventions were asked for.</summary>
    public bool HasInterventions(Session session) => session.Get(_interventions) is not null;

    /// <summary>Whether weight processing was asked for.</summary>
    public bool HasProcessing(Session session) => session.Get(_process).Length > 0;

    /// <summary>
    /// Loads the model that was asked for, and checks that it works on a few tokens; with <c>--verify</c>, that it is the model
    /// of an ONNX file.
    /// </summary>
    /// <param name="session">The call.</param>
    /// <exception cref="InvalidInputException">It cannot be loaded.</exception>
    /// <exception cref="CheckFailedException">What it computes cannot be right.</exception>
    public TransformerModel Load(Session session)
    {
        string path = session.Get(_model);
        string? graph = Graph(session, path);
        TransformerModel model = Open(path);
        Warming.GoOn(model.Config);
        if (SelfCheck.Run(model, Threads(session)).Problem is { } problem)
        {
            throw new CheckFailedException($"{path}: {problem}");
        }

        if (graph is not null)
        {
            VerifyReport report = OnnxReference.Verify(model, graph, [ModelCheck.Tokens(model)]);
            ModelCheck.Require(report);
            session.Note($"{graph}: {report.Rows.Count} values agree within {report.Tolerance:E0} of their largest value");
        }

        foreach (string remark in model.Tokenizer?.Remarks ?? [])
        {
            session.Remark(remark);
        }

        model = Processed(session, model);
        session.Provenance.Model = model;
        session.Provenance.Threads = Threads(session);
        return model;
    }

    private TransformerModel Processed(Session session, TransformerModel model)
    {
        string[] names = session.Get(_process);
        if (names.Length == 0)
        {
            return model;
        }

        ProcessStep[] steps = names.Contains("all")
            ? Enum.GetValues<ProcessStep>()
            : [.. names.Select(WeightProcessing.Parse)];
        ProcessedModel processed = WeightProcessing.Apply(model, steps, Threads(session));
        foreach (ProcessReport report in processed.Reports)
        {
            session.Remark(string.Create(
                CultureInfo.InvariantCulture,
                $"{WeightProcessing.NameOf(report.Step)}: logits of a check prompt change by at most {report.LogitChange:0.0e+0}, "
                + $"log-probabilities by {report.LogProbabilityChange:0.0e+0}"));
        }

        return processed.Model;
    }

    private string? Graph(Session session, string path)
    {
        if (!session.Has(_verify))
        {
            return null;
        }

        return session.Get(_verify) ?? (path.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase)
            ? path
            : throw new InvalidInputException("--verify: expected an .onnx file to compare with, found none, and the model is none"));
    }

    /// <summary>The interventions that were asked for; none without a file.</summary>
    /// <exception cref="InvalidInputException">The file does not fit the model.</exception>
    public IReadOnlyList<Intervention> Interventions(Session session, TransformerModel model) =>
        session.Get(_interventions) is { } path ? InterventionJson.Load(path, model.Hooks) : [];

    private static TransformerModel Open(string path) => path == "demo" ? DemoModel.Create() : TransformerModel.Load(path);
}
