using Interp.Analysis;

namespace Interp.Reports.Tests;

/// <summary>Tables as of a model with 32 layers of 32 heads and a prompt of 256 tokens; the numbers are made up, the sizes are not.</summary>
internal static class LargeReport
{
    public const int Layers = 32, Heads = 32, Positions = 256, Prompts = 3;

    private static readonly Lazy<IReadOnlyList<ResultTable>> Made = new(() => [Components(), Patching(), Lens(), Flow(), Paths()]);
    private static readonly Lazy<byte[]> Written = new(() => DemoReport.Bytes(Report.From(Made.Value)));

    public static IReadOnlyList<ResultTable> Tables => Made.Value;

    public static byte[] Page => Written.Value;

    private static string Token(int position) => position % 7 == 0 ? $" word{position}" : $" w{position}";

    private static ResultTable Components()
    {
        ResultTable table = Of("components", "prompt", "pos", "*token", "*component", "*kind", "layer", "head", "neuron", "src_pos", "*src_token", ".norm", ".cosine", ".dla");
        var random = new Random(1);
        for (int prompt = 0; prompt < Prompts; prompt++)
        {
            double sum = 0;
            void Add(string component, string kind, int? layer, int? head)
            {
                double dla = Small(random);
                sum += dla;
                table.Add(prompt, Positions - 1, Token(Positions - 1), component, kind, layer, head, null, null, null, 1.0, 0.1, dla);
            }

            Add("embed", "embed", null, null);
            for (int layer = 0; layer < Layers; layer++)
            {
                for (int head = 0; head < Heads; head++)
                {
                    Add($"L{layer}H{head}", "head", layer, head);
                }

                Add($"{layer}_mlp_out", "mlp", layer, null);
            }

            table.Add(prompt, Positions - 1, Token(Positions - 1), "actual", "actual", null, null, null, null, null, 1.0, null, sum);
        }

        return table;
    }

    private static ResultTable Patching()
    {
        ResultTable table = Of("patching", "prompt", "*site", "*hook", "layer", "head", "pos", "*metric", ".clean", ".corrupted", ".patched", ".effect");
        var random = new Random(2);
        for (int prompt = 0; prompt < Prompts; prompt++)
        {
            for (int layer = 0; layer < Layers; layer++)
            {
                for (int i = 0; i < Positions; i++)
                {
                    table.Add(prompt, "resid_pre", null, layer, null, i, "logit-diff", 3.0, 0.5, 1.0, Small(random));
                }

                for (int i = 0; i < Heads; i++)
                {
                    table.Add(prompt, "z", null, layer, i, null, "logit-diff", 3.0, 0.5, 1.0, Small(random));
                    for (int pos = 0; prompt == 0 && pos < Positions; pos++)
                    {
                        table.Add(prompt, "v", null, layer, i, pos, "logit-diff", 3.0, 0.5, 1.0, Small(random));
                    }
                }
            }
        }

        return table;
    }

    private static ResultTable Lens()
    {
        ResultTable table = Of(
            "lens", "prompt", "*site", "layer", "head", "pos", "*token", "*target", "rank", "*top_token", ".logit", ".prob", ".entropy", ".kl_to_final");
        var random = new Random(3);
        for (int layer = 0; layer <= Layers; layer++)
        {
            for (int pos = 0; pos < Positions; pos++)
            {
                table.Add(
                    0, layer == Layers ? "resid_post" : "resid_pre", Math.Min(layer, Layers - 1), null, pos, Token(pos), " answer", random.Next(100),
                    Token(random.Next(Positions)), Small(random), random.NextDouble(), 3 * random.NextDouble(), random.NextDouble());
            }
        }

        return table;
    }

    // Every edge of all heads together; of single heads the last two destinations, and all of eight heads.
    private static ResultTable Flow()
    {
        ResultTable table = Of("flow", "prompt", "layer", "head", "pos", "*token", "src_pos", "*src_token", "*measure", ".value");
        var random = new Random(4);
        for (int layer = 0; layer < Layers; layer++)
        {
            for (int head = -1; head < Heads; head++)
            {
                bool all = head < 0 || (layer == 5 && head < 8);
                for (int pos = all ? 0 : Positions - 2; pos < Positions; pos++)
                {
                    Row(layer, head, pos);
                }
            }
        }

        return table;

        void Row(int layer, int head, int pos)
        {
            int peak = random.Next(pos + 1);
            for (int source = 0; source <= pos; source++)
            {
                double value = (source == peak ? 0.6 : 0) + (0.4 / (pos + 1));
                table.Add(0, layer, head < 0 ? null : head, pos, Token(pos), source, Token(source), "attention", value);
            }
        }
    }

    private static ResultTable Paths()
    {
        ResultTable table = Of("paths", "prompt", "*src", "*dst", ".effect", ".linear_effect");
        var random = new Random(5);
        for (int i = 0; i < 400; i++)
        {
            double effect = Small(random);
            table.Add(0, $"L{i % 16}H{i % Heads}", $"L{16 + (i % 16)}H{i * 7 % Heads}.k", effect, effect * random.NextDouble());
        }

        return table;
    }

    private static double Small(Random random) => Math.Pow(random.NextDouble() - 0.5, 3);

    /// <summary>An empty table. A * marks texts, a . floats; the others are integers.</summary>
    public static ResultTable Of(string name, params string[] columns) => new(
        name,
        [.. columns.Select(c => new Column(c.TrimStart('*', '.'), c[0] switch { '*' => ColumnType.Text, '.' => ColumnType.Float64, _ => ColumnType.Int32 }))]);
}
