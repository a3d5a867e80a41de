// Interventions are values: they are built, printed, compared, saved, loaded, and applied in order.
using System.Globalization;
using Interp.Samples;

return Example.Run(args, example =>
{
    (TransformerModel model, PromptPair pair) = example;
    int last = model.Config.NLayers - 1;
    ActivationCache clean = model.Run(pair.Clean, new RunOptions { Observe = [Hook.Z(last), Hook.Pattern(0)] }).Cache();
    var towardsAnswer = new float[model.Config.DModel];
    model.Weights.Unembed.CopyOutput(pair.Answers[0], towardsAnswer);
    Intervention[] interventions =
    [
        new Freeze(Hook.Pattern(0), clean.Value(Hook.Pattern(0)), Scope.Everything),
        new KnockOut(last, destinations: -1, sources: 1),
        new Patch(Hook.Z(last), clean.Value(Hook.Z(last)), Scope.At(-1).OnHeads(1)),
        Ablate.Zero(Hook.Z(last), Scope.Everything.OnHeads(0)),
        new Steer(Hook.ResidPost(last), TensorValue.Vector(towardsAnswer), 0.01f, Scope.At(-1)),
    ];
    foreach (Intervention intervention in interventions)
    {
        Console.WriteLine(intervention);
    }

    string json = InterventionJson.Serialize(interventions);
    IReadOnlyList<Intervention> loaded = InterventionJson.Deserialize(json, model.Hooks);
    Console.WriteLine($"the same after saving and loading: {loaded.SequenceEqual(interventions)}");
    Console.WriteLine($"SHA-256 {InterventionJson.Sha256(loaded)}");

    var metric = Metric.LogitDiff;
    Console.WriteLine($"{"run",-36}{"logit difference",16}");
    Show("clean", pair.Clean, []);
    Show("corrupted", pair.Corrupted, []);
    Show("corrupted, with the interventions", pair.Corrupted, loaded);

    void Show(string name, IReadOnlyList<int> prompt, IReadOnlyList<Intervention> applied)
    {
        RunResult run = model.Run(prompt, new RunOptions { Interventions = applied, Logits = LogitRows.Last });
        double value = metric.Evaluate(run.LogitsAt(0, -1), pair, run.LogitsAt(0, -1));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-36}{value,16:F3}"));
    }
});
