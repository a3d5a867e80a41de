using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Interp.Analysis;
using Interp.Onnx;
using Interp.Runtime;

namespace Interp.Cli;

/// <summary><c>interp bench</c>: how fast a model runs on this machine, beside ONNX Runtime; table <c>bench</c>.</summary>
internal sealed class BenchCommand : ToolCommand
{
    private readonly Option<string?> _model = Opt.Text(
        "--model", "PATH", "A Hugging Face directory, an .onnx or a .gguf file, or `demo`.");

    private readonly Option<string?> _geometry = Opt.Text(
        "--geometry", "NAME", $"Instead of a model, random weights in the shape of one: {string.Join(", ", Geometry.Names)}.");

    private readonly Option<string[]> _batches = Opt.List(
        "--batches", "NxT", "Sequences x tokens of each. [default: 1x16 8x15 1x128 8x128 1x1024, those that the context has room for]");

    private readonly Option<int> _rounds = Opt.Int("--rounds", "N", "Timed runs of each kind; they alternate.", 5, 1);
    private readonly Option<int> _newTokens = Opt.Int("--max-new-tokens", "N", "Tokens to generate; 0 = none.", 32, 0);
    private readonly Option<int> _threads = Opt.Int("--threads", "N", "Threads of both engines; 0 = one per physical core.", 0, 0);
    private readonly Option<bool> _alone = Opt.Switch("--no-onnx", "Without ONNX Runtime.");
    private readonly Option<int> _seed = Opt.Int(CommonOptions.Seed, "N", "Seed of random tokens and weights.", 0);
    private readonly TableOptions _table;

    public BenchCommand()
        : base("bench", "Speed on this machine: forward, recording, generation, and ONNX Runtime beside it (table `bench`).")
    {
        foreach (Option option in new Option[] { _model, _geometry, _batches, _rounds, _newTokens, _threads, _alone, _seed })
        {
            Add(option);
        }

        _table = new TableOptions(this);
        CommonOptions.AddTo(this);
    }

    public override void Execute(Session session)
    {
        _table.Check(session);
        long start = Stopwatch.GetTimestamp();
        TransformerModel model = Load(session);
        session.Provenance.Model = model;
        int threads = session.Get(_threads) is var count and > 0 ? count : TransformerModel.DefaultThreads;
        session.Provenance.Threads = threads;
        double load = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        (int, int)[] batches = Batches(session, model.Config.NCtx);
        string? folder = session.Get(_alone) ? null : Directory.CreateTempSubdirectory("interp-bench-").FullName;
        try
        {
            string? graph = folder is null ? null : Path.Combine(folder, "model.onnx");
            if (graph is not null)
            {
                OnnxExport.Write(model, graph);
            }

            IReadOnlyList<SpeedRow> rows = SpeedBenchmark.Run(model, new SpeedOptions
            {
                Batches = batches,
                Rounds = session.Get(_rounds),
                Threads = threads,
                Seed = session.Get(_seed),
                Peer = graph is null ? null : tokens => new OnnxLogits(graph, tokens, model.Config.DVocabOut, threads),
                NewTokens = session.Get(_newTokens),
                OnBatch = session.Note,
                OnRow = row => session.Note(string.Create(
                    CultureInfo.InvariantCulture, $"  {row.Kind}: {row.Median:0.0} ms ({row.Least:0.0}-{row.Most:0.0})")),
                Cancellation = session.Cancellation,
            });
            ResultTable table = Table(rows, load);
            Keep(session, model, table);
            _table.Emit(session, table, () => Print(session, model, table, graph is not null));
        }
        finally
        {
            if (folder is not null)
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    /// <summary>In the repository, whose bench/results keeps results by processor, the table that people see is kept there too.</summary>
    private void Keep(Session session, TransformerModel model, ResultTable table)
    {
        string results = Path.Combine("bench", "results");
        if (!_table.ForPeople(session) || !Directory.Exists(results))
        {
            return;
        }

        string name = session.Get(_geometry) ?? Path.GetFileName(model.Name.TrimEnd('/', '\\'));
        string folder = Directory.CreateDirectory(Path.Combine(results, KernelInfo.Processor)).FullName;
        string file = Path.Combine(folder, $"bench-{name}.md");
        AtomicFile.Write(file, stream =>
        {
            using var writer = new StreamWriter(stream, leaveOpen: true);
            writer.WriteLine(FormattableString.Invariant(
                $"{KernelInfo.Processor}, {DateTime.UtcNow:yyyy-MM-dd}; `interp {session.CommandLine}`"));
            writer.WriteLine();
            writer.WriteLine($"| {string.Join(" | ", table.Columns.Select(c => c.Name))} |");
            writer.WriteLine($"|{string.Concat(table.Columns.Select(_ => "---|"))}");
            foreach (IReadOnlyList<object?> row in table.Rows)
            {
                writer.WriteLine($"| {string.Join(" | ", row.Select(v => v is double n ? Shown.Number(n) : v))} |");
            }
        });
        session.Note($"kept in {file}");
    }

    private TransformerModel Load(Session session) => (session.Get(_model), session.Get(_geometry)) switch
    {
        ({ } path, null) => path == "demo" ? DemoModel.Create() : TransformerModel.Load(path),
        (null, { } geometry) => Geometry.Create(geometry, session.Get(_seed)),
        (null, null) => throw new InvalidInputException("expected one of --model and --geometry, found none"),
        _ => throw new InvalidInputException("expected one of --model and --geometry, found --model and --geometry"),
    };

    private (int Sequences, int Length)[] Batches(Session session, int context)
    {
        string[] given = session.Get(_batches);
        if (given.Length == 0)
        {
            (int, int)[] usual = [(1, 16), (8, 15), (1, 128), (8, 128), (1, 1024)];
            usual = [.. usual.Where(b => b.Item2 <= context)];
            return usual.Length > 0 ? usual : [(1, context)];
        }

        return [.. given.Select(text =>
        {
            string[] parts = text.Split('x');
            return parts.Length == 2
                && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int sequences) && sequences > 0
                && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int length) && length > 0
                && length <= context
                ? (sequences, length)
                : throw new InvalidInputException(
                    $"--batches: expected sequences x tokens such as 8x128, at most {context} tokens (the model's context), found '{text}'");
        })];
    }

    private static ResultTable Table(IReadOnlyList<SpeedRow> rows, double load)
    {
        ResultTable table = TableSchemas.Bench.Create();
        table.Add("", "load", load, load, load, null, null, null, null);
        foreach (SpeedRow row in rows)
        {
            table.Add(row.Batch, row.Kind, row.Median, row.Least, row.Most, row.TokensPerSecond, row.Ratio, row.RatioInto, null);
        }

        using Process process = Process.GetCurrentProcess();
        table.Add("", "process_peak", null, null, null, null, null, null, (double)process.PeakWorkingSet64);
        return table;
    }

    private static void Print(Session session, TransformerModel model, ResultTable table, bool beside)
    {
        session.Output.WriteLine(
            $"{model.Name}; medians and ranges of alternating runs, medians of their quotients round by round"
            + (beside ? $"; logits agree with ONNX Runtime's within {SpeedBenchmark.Tolerance:0e+0} of the largest" : ""));
        var people = new PeopleTable("batch", "kind", "#median ms", "#min", "#max", "#tokens/s", "#x forward", "#x forward_into", "peak");
        foreach (IReadOnlyList<object?> row in table.Rows)
        {
            people.Add([.. row.Take(8), row[8] is double bytes ? Shown.Bytes((long)bytes) : null]);
        }

        people.Print(session.Output);
    }
}
