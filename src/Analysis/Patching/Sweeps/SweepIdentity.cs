using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Interp.Runtime;

namespace Interp.Analysis;

/// <summary>Tells one sweep from another: everything that its measurements depend on, part by part, so that a difference can be named.</summary>
internal sealed class SweepIdentity
{
    private SweepIdentity(IReadOnlyList<(string Name, string Value)> parts) => Parts = parts;

    /// <summary>The parts, each with a value in printable ASCII: short ones as they are, long ones as a hash.</summary>
    public IReadOnlyList<(string Name, string Value)> Parts { get; }

    /// <summary>SHA-256 of all parts, lower-case hexadecimal.</summary>
    public string Run => RunOf(Parts);

    /// <summary>The identity of a sweep.</summary>
    public static SweepIdentity Of(TransformerModel model, SweepPlan plan, Metric metric, BaseRuns runs)
    {
        string version = typeof(SweepIdentity).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;
        return new(
        [
            ("version", Printable(version.Split('+')[0])),
            ("schema", ResultMetadata.CurrentSchemaVersion),
            ("model", Printable(model.Sha256)),
            ("metric", Printable($"{metric.Name} at {metric.Place}")),
            ("kind of sweep", Hash([plan.Name])),
            ("prompts", Hash(Prompts(plan))),
            ("cells", Hash(Enumerable.Range(0, plan.Cells).Select(plan.Describe))),
            ("plain runs", Hash(runs.Clean.Concat(runs.Corrupted).Select(
                value => BitConverter.DoubleToInt64Bits(value).ToString("x16", CultureInfo.InvariantCulture)))),
        ]);
    }

    /// <summary>SHA-256 of parts.</summary>
    public static string RunOf(IEnumerable<(string Name, string Value)> parts) => Hash(parts.Select(part => $"{part.Name}={part.Value}"));

    private static IEnumerable<string> Prompts(SweepPlan plan)
    {
        for (int i = 0; i < plan.Pairs.Count; i++)
        {
            PromptPair pair = plan.Pairs[i];
            yield return $"{Ids(plan.Prompts.Tokens(i).ToArray())}|{Ids(plan.Prompts.TokenTypes(i).ToArray())}";
            yield return $"{Ids(pair.Clean)}|{Ids(pair.Corrupted)}|{Ids(pair.Answers)}|{Ids(pair.Wrongs)}";
            yield return $"{pair.Group}|{Ids(pair.CleanPositionOfCorrupted ?? [])}|{Ids(pair.MetricPositions ?? [])}";
            foreach ((string name, IReadOnlyList<int> positions) in pair.Spans.OrderBy(s => s.Key, StringComparer.Ordinal))
            {
                yield return $"{name}:{Ids(positions)}";
            }

            yield return string.Join(' ', plan.Base.Count > 0 ? plan.Base[i] : []);
        }
    }

    private static string Ids(IEnumerable<int> ids) => string.Join(' ', ids);

    // The length before each text keeps two texts from running into one.
    private static string Hash(IEnumerable<string> texts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string text in texts)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(text);
            hash.AppendData(Encoding.ASCII.GetBytes(bytes.Length.ToString(CultureInfo.InvariantCulture) + "\n"));
            hash.AppendData(bytes);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static string Printable(string text) => string.Concat(text.Select(c => c is >= ' ' and <= '~' and not ';' and not '=' ? c : '?'));
}
