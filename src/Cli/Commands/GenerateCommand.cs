using System.CommandLine;
using System.Globalization;
using Interp.Analysis;
using Interp.Runtime;

namespace Interp.Cli;

/// <summary><c>interp generate</c>: continues prompts; table <c>generation</c>.</summary>
internal sealed class GenerateCommand : ToolCommand
{
    private const int UsualLength = 50;

    private readonly ModelOptions _model;
    private readonly InputOptions _input;
    private readonly TableOptions _table;
    private readonly Option<int?> _maxNew = Opt.OptionalInt(
        "--max-new-tokens", "N", $"Most tokens to add. [default: {UsualLength}, or what the model's context has room for]", 0);

    private readonly Option<float> _temperature = Opt.Float("--temperature", "T", "0 = greedy; otherwise tokens are sampled.", 0);
    private readonly Option<int> _topK = Opt.Int("--top-k", "N", "Sample among the N most likely tokens; 0 = all.", 0, 0);
    private readonly Option<float> _topP = Opt.Float(
        "--top-p", "P", "Sample among the most likely tokens that together reach probability P.", 1);

    private readonly Option<int> _seed = Opt.Int(CommonOptions.Seed, "N", "Seed of the sampling.", 0);
    private readonly Option<bool> _noCache = Opt.Switch("--no-cache", "Run the whole text again for each token.");
    private readonly Option<bool> _ignoreEos = Opt.Switch("--ignore-eos", "Do not stop at the end-of-sequence token.");

    public GenerateCommand()
        : base("generate", "A greedy or sampled continuation; interventions apply (table `generation`).")
    {
        _model = new ModelOptions(this, interventions: true);
        _input = new InputOptions(this, PromptParts.Prompts);
        foreach (Option option in new Option[] { _maxNew, _temperature, _topK, _topP, _seed, _noCache, _ignoreEos })
        {
            Add(option);
        }

        _table = new TableOptions(this);
        CommonOptions.AddTo(this);
    }

    public override void Execute(Session session)
    {
        _table.Check(session);
        TransformerModel model = _model.Load(session);
        IReadOnlyList<PromptPair> pairs = _input.Read(session, model);
        TextStream? stream = pairs.Count == 1 && _table.ForPeople(session) && session.OutputIsTerminal
            ? new TextStream(model, pairs[0].Clean, session.Output)
            : null;
        RemarkOnUnused(session);
        if (model.Generation.InForce is { Count: > 0 } rules)
        {
            session.Remark($"tokens are chosen under the rules of the model's generation settings: {string.Join(", ", rules)}");
        }

        int room = model.Config.NCtx - pairs.Max(p => p.Clean.Count);
        List<int>[] sequences = [.. pairs.Select(p => p.Clean.ToList())];
        var options = new GenerateOptions
        {
            MaxNewTokens = session.Get(_maxNew) ?? Math.Min(UsualLength, room),
            Temperature = session.Get(_temperature),
            TopK = session.Get(_topK),
            TopP = session.Get(_topP),
            Seed = session.Get(_seed),
            UseCache = !session.Get(_noCache),
            StopTokens = session.Get(_ignoreEos) ? [] : model.Config.EosIds,
            Interventions = _model.Interventions(session, model),
            MemoryBudget = _model.RunMemory(session, model),
            Threads = _model.Threads(session),
            OnToken = (sequence, token) =>
            {
                session.Cancellation.ThrowIfCancellationRequested();
                sequences[sequence].Add(token);
                stream?.Add(token);
            },
        };
        try
        {
            model.Generate(PromptPair.Batch(pairs), options);
        }
        catch (OperationCanceledException) when (sequences.Zip(pairs).Any(p => p.First.Count > p.Second.Clean.Count))
        {
            // Ctrl-C: what was generated until then is the result.
            session.Stopped = new StoppedWork("stopped before the end");
            session.Note(session.Stopped.Reason);
        }

        stream?.End();
        ResultTable table = TableSchemas.Generation.Create(IndexColumns.Named(pairs));
        for (int i = 0; i < pairs.Count; i++)
        {
            table.Add(
            [
                .. IndexColumns.Values(pairs, i), model.Tokenizer?.Decode([.. sequences[i]]), Ids(sequences[i]),
                Ids(sequences[i].Skip(pairs[i].Clean.Count)),
            ]);
        }

        _table.Emit(session, table, () => Print(session, table, stream is not null));
    }

    private void RemarkOnUnused(Session session)
    {
        foreach (Option option in new Option[] { _topK, _topP, _seed })
        {
            if (session.Get(_temperature) == 0 && session.Has(option))
            {
                session.Remark($"{option.Name}: without effect at temperature 0, which is greedy; give --temperature to sample");
            }
        }
    }

    private static void Print(Session session, ResultTable table, bool streamed)
    {
        for (int i = 0; i < table.Rows.Count && !streamed; i++)
        {
            if (table.Rows.Count > 1)
            {
                session.Output.WriteLine($"--- prompt {table.Rows[i][0]}");
            }

            IReadOnlyList<object?> row = table.Rows[i];
            session.Output.WriteLine(row[^3] ?? row[^2]);
        }
    }

    private static string Ids(IEnumerable<int> tokens) =>
        string.Join(' ', tokens.Select(t => t.ToString(CultureInfo.InvariantCulture)));
}
