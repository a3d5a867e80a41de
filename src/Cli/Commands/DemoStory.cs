using System.Globalization;
using Interp.Analysis;
using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Cli;

/// <summary>Tells what the tools are for, on a model whose mechanism is known.</summary>
/// <param name="session">The call.</param>
/// <param name="model">The demo model.</param>
internal sealed class DemoStory(Session session, TransformerModel model)
{
    private readonly TransformerModel _model = model;
    private readonly TextWriter _out = session.Output;

    /// <summary>Tells the story.</summary>
    public void Tell()
    {
        PromptPair pair = new()
        {
            Clean = _model.Tokenize(DemoModel.CleanPrompt),
            Corrupted = _model.Tokenize(DemoModel.CorruptedPrompt),
            Answers = [AnswerToken.Find(_model, DemoModel.Answer, "answer")],
            Wrongs = [AnswerToken.Find(_model, DemoModel.Wrong, "wrong")],
        };
        session.Provenance.Model = _model;
        Introduce();
        RunResult run = _model.Run(
            new TokenBatch([pair.Clean, pair.Corrupted]),
            new RunOptions { Observe = ResidualLedger.Needs(_model, LedgerDetail.Head) });
        Predict(run);
        TakeApart(run, pair);
        var sweep = new SweepOptions { Sites = [HookKind.Z] };
        Patch(pair, sweep);
        AblateHeads(pair, sweep);
        Follow(pair);
        Wire(pair);
        Close();
    }

    private void Introduce()
    {
        ModelConfig c = _model.Config;
        _out.WriteLine(
            $"The demo model: {c.NLayers} attention-only layers of {c.NHeads} heads, {c.DVocab} words, no training. Two of its "
            + "heads were written");
        _out.WriteLine(
            "by hand to continue a repeated word as it was continued before; the other six do nothing useful. "
            + "Can they be found?");
    }

    private void Predict(RunResult run)
    {
        Heading("1. What does it predict?   (interp run)");
        foreach ((string name, string prompt, int sequence) in new[]
                 {
                     ("clean", DemoModel.CleanPrompt, 0), ("corrupted", DemoModel.CorruptedPrompt, 1),
                 })
        {
            float[] logits = run.LogitsAt(sequence, -1).ToArray();
            double total = logits.Sum(l => Math.Exp(l));
            string top = string.Join(", ",
                Enumerable.Range(0, logits.Length).OrderByDescending(i => logits[i]).ThenBy(i => i).Take(3)
                .Select(i => string.Create(
                    CultureInfo.InvariantCulture, $"{Shown.Token(_model.TokenText(i))} {Math.Exp(logits[i]) / total:0.0%}")));
            _out.WriteLine($"  {name,-9}  {prompt}  ->  {top}");
        }
    }

    private void TakeApart(RunResult run, PromptPair pair)
    {
        Heading("2. What wrote the answer?   (interp decompose)");
        _out.WriteLine(
            $"Every addition to the last token's stream, and what it adds to the logit of {Shown.Token(DemoModel.Answer)} minus "
            + $"that of {Shown.Token(DemoModel.Wrong)}:");
        var components = new ComponentsTable(_model);
        LedgerClosure closure = components.Add(0, pair, run.Cache(0), run.LogitsAt(0, -1), -1, LedgerDetail.Head);
        ComponentsView.Print(session, components.Table, 3, hint: false);
        _out.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"The parts add up to the whole: relative error {closure.Stream:0.0e+0} (stream), "
            + $"{closure.Logits:0.0e+0} (logits)."));
        _out.WriteLine("So one head writes the answer. Whether it works alone, a sum of direct contributions cannot tell.");
    }

    private void Patch(PromptPair pair, SweepOptions sweep)
    {
        Heading("3. Which heads carry the information?   (interp patch)");
        _out.WriteLine("One head at a time, its output in the corrupted run is replaced by that of the clean run.");
        _out.WriteLine("Effect 1 = the clean behaviour is fully restored, 0 = nothing changed. All heads are patched in one walk up the");
        _out.WriteLine("layers (--engine lanes, the default), with the bits of one whole run per head (--engine naive):");
        ResultTable table = PatchingSweep.Run(_model, [pair], sweep, cancellation: session.Cancellation);
        PrintTop(table);
    }

    private void AblateHeads(PromptPair pair, SweepOptions sweep)
    {
        Heading("4. Which heads are needed?   (interp ablate)");
        _out.WriteLine(
            "One head at a time, its output in the clean run is set to zero. Effect = change of the logit difference:");
        ResultTable table = AblationSweep.Run(_model, [pair], sweep, cancellation: session.Cancellation);
        PrintTop(table);
        _out.WriteLine(
            $"Both methods name the same two heads: {Name(DemoModel.PreviousTokenHead)}, "
            + "which notes at each word what came before, "
            + $"and {Name(DemoModel.InductionHead)}, which");
        _out.WriteLine(
            "looks for the place whose word before is the current one and copies the word there: an induction circuit.");
    }

    private void Follow(PromptPair pair)
    {
        Heading("5. From which words does it come?   (interp flow)");
        _out.WriteLine("One attention edge at a time is cut in all heads of a layer; the change of the logit difference:");
        IReadOnlyDictionary<FlowEdge, double> edges =
            FlowKnockout.Measure(_model, pair, Metric.LogitDiff, [.. Enumerable.Range(0, pair.Clean.Count)], cancellation: session.Cancellation);
        var people = new PeopleTable("layer", "from", "to", "#effect");
        foreach ((FlowEdge edge, double effect) in edges.OrderByDescending(e => e.Value).Take(2))
        {
            people.Add($"L{edge.Layer}", Word(pair, edge.Source), Word(pair, edge.Destination), effect);
        }

        people.Print(_out);
    }

    private void Wire(PromptPair pair)
    {
        Heading("6. Through which input of the second head does the first act?   (interp path)");
        _out.WriteLine("What the first head would write for the corrupted prompt is sent to one input of the second, and nowhere else:");
        PathNode from = PathNode.OfHead(DemoModel.PreviousTokenHead.Layer, DemoModel.PreviousTokenHead.Head);
        ResultTable table = PathPatching.Run(
            _model, [pair],
            [
                .. new[] { HeadInput.Q, HeadInput.K, HeadInput.V }.Select(input => new PathQuery(
                    [from], [new PathNode(PathNodeKind.Head, DemoModel.InductionHead.Layer, DemoModel.InductionHead.Head, input)])),
            ],
            cancellation: session.Cancellation);
        var people = new PeopleTable("path", "#effect", "#linear estimate");
        int src = table.IndexOf("src"), dst = table.IndexOf("dst"), effect = table.IndexOf("effect"), linear = table.IndexOf("linear_effect");
        foreach (IReadOnlyList<object?> row in table.Rows)
        {
            people.Add($"{row[src]} -> {row[dst]}", row[effect], row[linear]);
        }

        people.Print(_out);
        _out.WriteLine("Its key: that is the wire. `interp demo --report demo.html` shows all of this over a dozen prompts, in figures.");
    }

    private string Word(PromptPair pair, int position) =>
        string.Create(CultureInfo.InvariantCulture, $"{position} {Shown.Token(_model.TokenText(pair.Clean[position]))}");

    private void PrintTop(ResultTable table)
    {
        var people = new PeopleTable("head", "#effect");
        string[] names = [.. table.Columns.Select(c => c.Name)];
        int effect = table.IndexOf("effect");
        foreach (IReadOnlyList<object?> row in table.Rows.OrderByDescending(r => Math.Abs(r[effect] as double? ?? 0)).Take(4))
        {
            people.Add(SweepLabels.Of(names, row), row[effect]);
        }

        people.Print(_out);
    }

    private void Close()
    {
        Heading("Next, on a model of your own (a Hugging Face directory):");
        _out.WriteLine("  interp info      --model DIR");
        _out.WriteLine("  interp run       --model DIR --prompt \"When Mary and John went to the store, John gave a drink to\"");
        _out.WriteLine(
            "  interp decompose --model DIR --prompt \"...\" --answer \" Mary\" --wrong \" John\" --out components.csv");
        _out.WriteLine(
            "  interp patch     --model DIR --clean \"...\" --corrupted \"...\" --answer \" Mary\" --wrong \" John\" --sites z");
        _out.WriteLine(
            "  interp ablate    --model DIR --prompt \"...\" --answer \" Mary\" --wrong \" John\" --sites z --with zero");
    }

    private void Heading(string text)
    {
        _out.WriteLine();
        _out.WriteLine(text);
    }

    private static string Name((int Layer, int Head) head) =>
        string.Create(CultureInfo.InvariantCulture, $"L{head.Layer}H{head.Head}");
}
