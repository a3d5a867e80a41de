using Interp.Reports;
using Interp.Runtime.Tokenization;

namespace Interp.Samples;

/// <summary>What a sample runs on: the demo model, or the model of a directory with a well-known pair of prompts.</summary>
/// <param name="Model">The model.</param>
/// <param name="Pair">A clean and a corrupted prompt, the right and a wrong answer.</param>
internal sealed record Example(TransformerModel Model, PromptPair Pair)
{
    private static string Name { get; } = typeof(Example).Assembly.GetName().Name!.Split('.')[^1];

    private string Picture { get; init; } = Path.Combine(Path.GetTempPath(), $"interp-{Name}.html");

    /// <summary>Runs a sample; bad input becomes one line on the error stream and exit code 2.</summary>
    /// <param name="args">Nothing; or a Hugging Face directory or "demo", and possibly the file of the picture.</param>
    /// <param name="sample">The sample.</param>
    public static int Run(string[] args, Action<Example> sample)
    {
        try
        {
            Example example = args is [not "demo" and var directory, ..] ? Named(directory) : Demo();
            sample(args is [_, var picture, ..] ? example with { Picture = picture } : example);
            return 0;
        }
        catch (InvalidInputException e)
        {
            Console.Error.WriteLine(e.Message);
            return 2;
        }
    }

    /// <summary>Ends a sample with a picture: its results as a page that opens in a browser.</summary>
    /// <param name="tables">The results; those of sweeps have the prompts beside them, for the tokens.</param>
    public void Show(params ResultTable[] tables)
    {
        bool prompts = Array.Exists(tables, t => t.Name == "prompts");
        ResultTable[] all = prompts ? tables : [PromptsTable.Of(Model, [Pair]), .. tables];
        Report.From(all, new ReportOptions { Title = $"Sample: {Name}" }).Write(Picture);
        Console.WriteLine($"picture: {Picture}");
    }

    private static Example Demo() => Create(
        DemoModel.Create(), DemoModel.CleanPrompt, DemoModel.CorruptedPrompt, DemoModel.Answer, DemoModel.Wrong);

    // The prompt pair of Wang et al. 2022; the two prompts have the same number of tokens where each name is one token.
    private static Example Named(string directory) => Create(
        TransformerModel.Load(directory),
        "When Mary and John went to the store, John gave a drink to",
        "When Mary and John went to the store, Mary gave a drink to",
        " Mary",
        " John");

    private static Example Create(TransformerModel model, string clean, string corrupted, string answer, string wrong) => new(
        model,
        new PromptPair
        {
            Clean = model.Tokenize(clean),
            Corrupted = model.Tokenize(corrupted),
            Answers = [OneToken(model, answer)],
            Wrongs = [OneToken(model, wrong)],
        });

    private static int OneToken(TransformerModel model, string text) => model.Tokenize(text, BosMode.Never) is [var token]
        ? token
        : throw new InvalidInputException($"answer '{text}': expected one token of this model, found several");
}
