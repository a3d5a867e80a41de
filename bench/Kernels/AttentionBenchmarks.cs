using BenchmarkDotNet.Attributes;
using Interp.Bench.Product;
using Interp.Runtime.Kernels;
using Interp.Runtime.Machine;

namespace Interp.Bench.Kernels;

/// <summary>
/// Causal attention of one head, scores to weighted sum, in blocks of queries as in a forward pass. ONNX Runtime has no operation for
/// it alone in the standard set.
/// </summary>
public unsafe class AttentionBenchmarks : KernelBenchmark, IDisposable
{
    private const int DHead = 64;
    private const int QueryBlock = 32;

    private float[] q = [];
    private float[] k = [];
    private float[] v = [];
    private float[] z = [];
    private NativeBuffer? panels;

    /// <summary>Tokens.</summary>
    [Params(128, 1024)]
    public int Tokens { get; set; }

    /// <summary>Scores and weighted sum over the keys that a query may see; softmax is left out.</summary>
    public override double Flops => 4.0 * DHead * Tokens * (Tokens + 1) / 2;

    /// <summary>Makes inputs.</summary>
    [GlobalSetup]
    public void Setup()
    {
        (q, k, v, z) = (ProductRunner.Random(Tokens * DHead, 1), ProductRunner.Random(Tokens * DHead, 2),
            ProductRunner.Random((Tokens + KeyPanels.Width) * DHead, 3), new float[Tokens * DHead]);
        panels = new NativeBuffer(sizeof(float) * KeyPanels.Floats(Tokens, 1, DHead));
        fixed (float* rows = k)
            KeyPanels.Append((float*)panels.Pointer, DHead * KeyPanels.Width, 0, rows, DHead, Tokens, DHead);
    }

    /// <summary>The definition.</summary>
    [Benchmark]
    public void Reference()
    {
        float* pattern = stackalloc float[Tokens];
        for (int query = 0; query < Tokens; query++)
        {
            float max = float.NegativeInfinity, sum = 0;
            for (int key = 0; key <= query; key++)
            {
                float score = 0;
                for (int d = 0; d < DHead; d++)
                    score = MathF.FusedMultiplyAdd(q[(query * DHead) + d], k[(key * DHead) + d], score);
                pattern[key] = score / 8;
                max = Math.Max(max, pattern[key]);
            }

            for (int key = 0; key <= query; key++)
                sum += pattern[key] = MathF.Exp(pattern[key] - max);
            Span<float> to = z.AsSpan(query * DHead, DHead);
            to.Clear();
            for (int key = 0; key <= query; key++)
            {
                float share = pattern[key] / sum;
                for (int d = 0; d < DHead; d++)
                    to[d] = MathF.FusedMultiplyAdd(share, v[(key * DHead) + d], to[d]);
            }
        }
    }

    /// <summary>Ours.</summary>
    [Benchmark(Baseline = true)]
    public void Interp()
    {
        fixed (float* pq = q, pv = v, pz = z)
        {
            var run = new KeyRun
            {
                Keys = (float*)panels!.Pointer,
                PanelStride = DHead * KeyPanels.Width,
                Values = pv,
                ValueStride = DHead,
                Count = Tokens,
            };
            AttentionHead head = new()
            {
                Q = pq,
                QStride = DHead,
                Queries = Tokens,
                DHead = DHead,
                Own = run,
                Mask = new AttentionMask(true, 0, null, 0),
                Scale = 0.125f,
            };
            float* scores = ThreadScores();
            for (int query = 0; query < Tokens; query += QueryBlock)
            {
                AttentionHead part = head.Part(query, Math.Min(QueryBlock, Tokens - query));
                AttentionKernels.Scores(part, scores, Tokens);
                AttentionKernels.Softmax(scores, part.Queries, Tokens, Tokens);
                AttentionKernels.WeightedSum(part, false, scores, Tokens, pz + (query * DHead), DHead);
            }
        }
    }

    /// <summary>Gives the memory back.</summary>
    [GlobalCleanup]
    public void Dispose()
    {
        panels?.Dispose();
        GC.SuppressFinalize(this);
    }

    private float* ThreadScores() => Runtime.Machine.ThreadScratch.Take((nint)QueryBlock * Tokens);
}
