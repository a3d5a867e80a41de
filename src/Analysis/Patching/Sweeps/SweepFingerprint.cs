using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Interp.Runtime;

namespace Interp.Analysis;

/// <summary>Tells one sweep from another: model, prompts, tokens, cells and metric, and the bits of the plain runs.</summary>
internal static class SweepFingerprint
{
    /// <summary>SHA-256 of everything that the measurements depend on, lower-case hexadecimal.</summary>
    public static string Of(TransformerModel model, SweepPlan plan, SweepOptions options, BaseRuns runs)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Add($"{plan.Name}\n{model.Sha256}\n{options.Metric.Name} at {string.Join(',', options.Metric.Positions)}\n");
        for (int i = 0; i < plan.Pairs.Count; i++)
        {
            PromptPair pair = plan.Pairs[i];
            Add($"{Ids(plan.Prompts.Tokens(i).ToArray())} {Ids(plan.Prompts.TokenTypes(i).ToArray())}|{Ids(pair.Clean)}|{Ids(pair.Corrupted)}|{Ids(pair.Answers)}|{Ids(pair.Wrongs)}|{pair.Group}|{Ids(pair.MetricPositions ?? [])}\n");
            Add(string.Join(' ', plan.Base.Count > 0 ? plan.Base[i] : []));
        }

        foreach (SweepCell cell in plan.Cells)
        {
            Add($"{cell}\n");
        }

        foreach (double value in runs.Clean.Concat(runs.Corrupted))
        {
            Add(BitConverter.DoubleToInt64Bits(value).ToString("x16", CultureInfo.InvariantCulture));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());

        void Add(string text) => hash.AppendData(Encoding.UTF8.GetBytes(text));

        static string Ids(IEnumerable<int> ids) => string.Join(' ', ids);
    }
}
