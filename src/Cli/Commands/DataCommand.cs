using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Interp.Analysis;
using Interp.Runtime;
using Interp.Runtime.Tokenization;

namespace Interp.Cli;

/// <summary><c>interp data</c>: pairs of prompts for a well-known task, as JSON lines that <c>--data</c> reads.</summary>
internal sealed class DataCommand : ToolCommand
{
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly Argument<string?> _kind = new("KIND")
    {
        Description = string.Join(" | ", PromptGenerator.Kinds),
        Arity = ArgumentArity.ZeroOrOne,
    };
    private readonly Option<string> _model = new("--model")
    {
        Description = "The model whose tokenizer the prompts are for: a directory with tokenizer files (weights are not read), an .onnx or a "
            + ".gguf file, or `demo`.",
        HelpName = "PATH",
        Required = true,
    };

    private readonly Option<int> _count = Opt.Int("--count", "N", "How many different pairs.", 100, 1);
    private readonly Option<int> _seed = Opt.Int(CommonOptions.Seed, "N", "Seed; the same seed gives the same pairs.", 0);
    private readonly Option<string?> _out = Opt.Text("--out", "FILE.jsonl", "Where the pairs go. [default: stdout]");
    private readonly ChoiceOption<BosMode> _bos = new(
        "--bos", "Whether prompts will be read with the beginning-of-sequence token in front; give --bos the same way then.",
        ("auto", BosMode.Auto), ("always", BosMode.Always), ("never", BosMode.Never));

    public DataCommand()
        : base("data", "Makes prompt pairs for a task (induction, ioi, greater-than, docstring, agreement) whose answers are single tokens.")
    {
        Add(_kind);
        foreach (Option option in new Option[] { _model, _count, _seed, _out, _bos })
        {
            Add(option);
        }

        CommonOptions.AddTo(this);
    }

    public override void Execute(Session session)
    {
        string? path = session.Get(_out);
        if (path is not null)
        {
            if (Path.GetExtension(path).ToLowerInvariant() is not (".jsonl" or ".json") and var ending)
            {
                throw new InvalidInputException($"{path}: expected an ending of .jsonl, found '{ending}'");
            }

            AtomicFile.Probe(path);
        }

        string kind = session.Get(_kind)
            ?? throw new InvalidInputException($"data: expected a kind behind it, one of {string.Join(", ", PromptGenerator.Kinds)}; found none");
        GeneratedPrompts made = PromptGenerator.Make(
            kind, Tokenizer(session.Get(_model)), session.Get(_count), session.Get(_seed), session.Get(_bos));
        string text = string.Concat(made.Prompts.Select((p, i) => Row(p, $"{kind}-{i}").ToJsonString(Plain) + "\n"));
        if (path is null)
        {
            session.Output.Write(text);
        }
        else
        {
            AtomicFile.Write(path, stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(text)));
            session.Note($"{path}: {made.Prompts.Count} pairs");
        }

        foreach ((string reason, int count) in made.LeftOut)
        {
            session.Note($"left out: {count} ({reason})");
        }
    }

    private static TextTokenizer Tokenizer(string path)
    {
        TextTokenizer? tokenizer = path == "demo" ? DemoModel.Create().Tokenizer
            : Directory.Exists(path) ? TokenizerLoader.TryLoad(path) : TransformerModel.Load(path).Tokenizer;
        return tokenizer ?? throw new InvalidInputException($"{path}: expected tokenizer files there, found none");
    }

    private static JsonObject Row(GeneratedPrompt prompt, string id)
    {
        PromptPair pair = prompt.Pair;
        var row = new JsonObject { ["id"] = id };
        if (pair.Group is not null)
        {
            row["group"] = pair.Group;
        }

        Put("clean", prompt.Clean, pair.Clean, one: false);
        Put("corrupted", prompt.Corrupted, pair.Corrupted, one: false);
        Put("answer", prompt.Answer, pair.Answers, one: pair.Answers.Count == 1);
        Put("wrong", prompt.Wrong, pair.Wrongs, one: pair.Wrongs.Count == 1);
        if (prompt.Subject is not null)
        {
            row["subject"] = prompt.Subject;
        }

        return row;

        void Put(string field, string? text, IReadOnlyList<int> ids, bool one)
        {
            if (text is not null)
            {
                row[field] = text;
            }
            else if (one)
            {
                row[field + "_token"] = ids[0];
            }
            else
            {
                row[field + "_tokens"] = new JsonArray([.. ids.Select(id => JsonValue.Create(id))]);
            }
        }
    }
}
