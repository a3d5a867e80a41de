using Interp.Runtime.Kernels;
using Interp.Runtime.Machine;

namespace Interp.Runtime.Forward;

/// <summary>
/// Uses the kernels of a short run once, on next to nothing. They are compiled for the vector unit of the machine when they are first
/// used, which takes longer than a short run itself; another thread can do it while a model is read.
/// </summary>
internal static unsafe class KernelWarming
{
    private const int Rows = 4;
    private const int DHead = 32;

    // Panels of three, two and one vectors.
    private static readonly int[] Outputs = [48 + 32, 16];

    /// <summary>What every model uses, in the order in which a pass does: products, attention, and one row to be unembedded.</summary>
    internal static void Run()
    {
        float[] x = new float[Rows * DHead], y = new float[Rows * Outputs[0]];
        Products(Rows);
        Attention(x);
        Products(1);

        void Products(int rows)
        {
            foreach (int outputs in Outputs)
            {
                PackedMatrix w = PackedMatrix.FromInputsByOutputs(new float[DHead * outputs], DHead, outputs);
                var target = new MatrixProduct.Target(w, new float[outputs], y.AsSpan(0, rows * outputs));
                MatrixProduct.Multiply(x.AsSpan(0, rows * DHead), rows, w, target.Bias, target.Destination);
                MatrixProduct.MultiplyThree(x.AsSpan(0, rows * DHead), rows, target, target, target);
            }
        }
    }

    /// <summary>The norm and the activation of a model.</summary>
    internal static void Run(ModelConfig config)
    {
        float[] x = new float[Rows * DHead], mean = new float[Rows], scale = new float[Rows];
        if (config.Norm == NormKind.LayerNorm)
        {
            Normalization.Apply(x, DHead, 1, mean, scale, new float[DHead], new float[DHead], x);
        }
        else if (config.Norm == NormKind.Rms)
        {
            Normalization.Apply(x, DHead, 1, [], scale, new float[DHead], [], x);
        }

        if (!config.AttnOnly)
            Activations.Apply(config.Activation, x, x);
    }

    private static void Attention(float[] rows)
    {
        using var panels = new NativeBuffer(sizeof(float) * KeyPanels.Floats(Rows, 1, DHead));
        float[] values = new float[KeyPanels.Width * DHead], z = new float[Rows * DHead];
        fixed (float* x = rows, v = values, pz = z)
        {
            KeyPanels.Append((float*)panels.Pointer, DHead * KeyPanels.Width, 0, x, DHead, Rows, DHead);
            AttentionHead head = new()
            {
                Q = x,
                QStride = DHead,
                Queries = Rows,
                DHead = DHead,
                Own = new KeyRun
                {
                    Keys = (float*)panels.Pointer,
                    PanelStride = DHead * KeyPanels.Width,
                    Values = v,
                    ValueStride = DHead,
                    Count = Rows,
                },
                Mask = new AttentionMask(true, 0, null, 0),
                Scale = 1,
            };
            float* scores = ThreadScratch.Take(Rows * Rows);
            AttentionKernels.Scores(head, scores, Rows);
            AttentionKernels.Softmax(scores, Rows, Rows, Rows);
            AttentionKernels.WeightedSum(head, false, scores, Rows, pz, DHead);
        }
    }
}
