using System.CommandLine;
using Interp.Analysis;
using Interp.Hooks;
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

    private readonly Option<string?> _interventions = Opt.Text(
        "--interventions", "FILE.json", "Interventions to apply in the run, as interp writes them in JSON.");

    /// <summary>Adds the options to a command.</summary>
    /// <param name="command">The command.</param>
    /// <param name="interventions">Whether the command applies interventions of the user's.</param>
    public ModelOptions(Command command, bool interventions = false)
    {
        command.Add(_model);
        if (interventions)
        {
            command.Add(_interventions);
        }

        command.Add(_threads);
    }

    /// <summary>Threads; 0 = one per core.</summary>
    public int Threads(Session session) => session.Get(_threads);

    /// <summary>What was given as the model.</summary>
    public string Path(Session session) => session.Get(_model);

    /// <summary>Whether interventions were asked for.</summary>
    public bool HasInterventions(Session session) => session.Get(_interventions) is not null;

    /// <summary>Loads the model that was asked for, and checks that it works on a few tokens.</summary>
    /// <exception cref="InvalidInputException">It cannot be loaded.</exception>
    /// <exception cref="CheckFailedException">What it computes cannot be right.</exception>
    public TransformerModel Load(Session session)
    {
        TransformerModel model = Open(session.Get(_model));
        return SelfCheck.Run(model, Threads(session)).Problem is { } problem
            ? throw new CheckFailedException($"{session.Get(_model)}: {problem}")
            : model;
    }

    /// <summary>The interventions that were asked for; none without a file.</summary>
    /// <exception cref="InvalidInputException">The file does not fit the model.</exception>
    public IReadOnlyList<Intervention> Interventions(Session session, TransformerModel model) =>
        session.Get(_interventions) is { } path ? InterventionJson.Load(path, model.Hooks) : [];

    private static TransformerModel Open(string path) => path == "demo" ? DemoModel.Create() : TransformerModel.Load(path);
}
