using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Interp.Hooks;

namespace Interp.Runtime.Tests.Forward;

/// <summary>
/// The forward pass keeps its bits from version to version: the hash of every hook point and of the logits, of a random model of each
/// style, norm and position and of every fixture model. A change that means to change bits runs the test once with INTERP_RECORD_BITS
/// naming tests/Runtime.Tests/recorded-bits.txt, and gives its reason with the new file.
/// </summary>
public sealed class RecordedBitsTests
{
    private const string FileName = "recorded-bits.txt";

    [Fact]
    public void Every_hook_point_has_the_bits_that_were_recorded()
    {
        Dictionary<string, string> recorded = File.ReadLines(Path.Combine(AppContext.BaseDirectory, FileName))
            .Select(line => line.Split('\t')).ToDictionary(parts => parts[0], parts => parts[1]);
        List<(string Name, string Hash)> found = [.. RandomModels().Concat(FixtureModels(recorded))];
        if (Environment.GetEnvironmentVariable("INTERP_RECORD_BITS") is { Length: > 0 } path)
        {
            File.WriteAllLines(path, found.Select(model => $"{model.Name}\t{model.Hash}"));
        }

        string[] changed = [.. found.Where(model => recorded.GetValueOrDefault(model.Name) != model.Hash).Select(model => model.Name)];
        Assert.True(changed.Length == 0, $"other bits than recorded: {string.Join(", ", changed)}");
        Assert.True(found.Count >= 150);
    }

    private static IEnumerable<(string Name, string Hash)> RandomModels()
    {
        var configs =
            from block in Enum.GetValues<BlockStyle>()
            from norm in Enum.GetValues<NormKind>()
            from positions in Enum.GetValues<PositionKind>()
            where block != BlockStyle.PostNorm || positions != PositionKind.Shortformer
            from attnOnly in new[] { false, true }
            where block != BlockStyle.PostNorm || !attnOnly
            let gated = norm == NormKind.Rms
            select (Name: $"{block} {norm} {positions}{(attnOnly ? " attention only" : "")}", Config: RandomModel.Config(
                block, norm, positions, keyHeads: norm == NormKind.Rms ? 2 : 4, gated: gated, attnOnly: attnOnly, causal: norm != NormKind.None,
                activation: gated ? ActivationFunction.Silu : ActivationFunction.GeluTanh));
        configs = configs.Concat(
            from block in Enum.GetValues<BlockStyle>()
            from branches in Enum.GetValues<BranchNorms>()
            where block != BlockStyle.PostNorm || branches == BranchNorms.Before
            from qk in Enum.GetValues<QkNorm>()
            from experts in new[] { 0, 3 }
            select ($"{block} {branches} {qk} {experts}", RandomModel.Config(
                block, NormKind.Rms, PositionKind.Rotary, gated: true, window: 3, activation: ActivationFunction.Silu) with
            {
                BranchNorms = branches,
                QkNorm = qk,
                Experts = experts,
                ExpertsPerToken = Math.Min(experts, 2),
                ScoreSoftCap = 4,
                LogitSoftCap = 6,
                EmbedScale = 3.7f,
            }));
        return configs.Select(c => ($"random {c.Name}", Hash(RandomModel.Create(c.Config, 7), RandomModel.Tokens(21, 7))));
    }

    // Those that were recorded and are there.
    private static IEnumerable<(string Name, string Hash)> FixtureModels(Dictionary<string, string> recorded)
    {
        IEnumerable<string> names = Environment.GetEnvironmentVariable("INTERP_RECORD_BITS") is { Length: > 0 }
            ? Fixtures.Find("tl") is { } tl && Path.GetDirectoryName(tl) is { } root
                ? Directory.EnumerateFiles(root, "config.json", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(root, Path.GetDirectoryName(file)!))
                    .Where(name => name.Split('/')[0] is "hf" or "tl" or "stories260K").Order(StringComparer.Ordinal).Append("gguf/tinyllm.gguf")
                : []
            : recorded.Keys.Where(name => !name.StartsWith("random ", StringComparison.Ordinal));
        foreach (string name in names)
        {
            if (Fixtures.Find(name) is { } path)
            {
                TransformerModel model = TransformerModel.Load(path);
                yield return (name, Hash(model, RandomModel.Tokens(21, 7, model.Config.DVocab)));
            }
        }
    }

    private static string Hash(TransformerModel model, int[] tokens)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

        // With every point listened to, and with none: the fused ways are their own.
        RunResult run = model.Run(tokens, new RunOptions { Observe = [.. model.Hooks.AllPoints.Select(p => (HookQuery)p)] });
        foreach (HookPoint point in model.Hooks.AllPoints)
        {
            hash.AppendData(MemoryMarshal.AsBytes<float>(run.Cache().Values(point)));
        }

        hash.AppendData(MemoryMarshal.AsBytes(run.LogitValues().Span));
        hash.AppendData(MemoryMarshal.AsBytes(model.Run(tokens).LogitValues().Span));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
