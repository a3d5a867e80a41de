using System.Runtime.CompilerServices;
using Interp.Runtime.Machine;

namespace Interp.Runtime.Kernels;

/// <summary>What becomes of the chains of the blocks of inputs.</summary>
internal enum ProductResult
{
    /// <summary>One block: the chain, plus the bias.</summary>
    Chain,

    /// <summary>The chains added in order to +0, plus the bias.</summary>
    SumOfBlocks,

    /// <summary>The chains themselves, [rows, blocks, outputs].</summary>
    EachBlock,
}

/// <summary>A matrix product, cut into work items of one panel and a run of rows; any order of the items is right.</summary>
internal unsafe struct ProductJob : ILaneJob
{
    internal float* X;
    internal int Rows;
    internal int Inputs;
    internal byte* Panels;
    internal WeightFormat Format;
    internal int Outputs;
    internal int Block;
    internal float* Bias;
    internal ActivationFunction? Activation;
    internal float* Residual;
    internal bool* NotFinite;
    internal float* Destination;
    internal int DestinationStride;
    internal ProductResult Result;
    internal int Threads;

    // Inputs whose weights stay in the second cache while the rows pass by; longer chains go through the tile.
    private const int InputsAtOnce = 768;

    // Of 2-byte weights, which are widened on the stack.
    private const int WidenedInputs = 384;

    private const int MaxRows = 128;

    // Rows of x that are kept in the second cache while the panels pass by.
    private const int CachedFloats = 128 * 1024;

    // From here on 2-byte weights are widened once for all rows instead of in each register tile.
    private const int RowsWorthWidening = 16;

    // Below this many multiply-adds, some microseconds, telling another thread costs more than it gives.
    private const long WorkWorthThreads = 200_000;

    // Of rows that are one tile, a kernel multiplies so many panels at a time: to begin and finish one takes as long as reading 10 kB. The tile of MaxRows holds them.
    private const int PanelsTogether = 8;

    // So few items for each thread leave one waiting for the other's last.
    private const int ItemsPerThread = 8;

    private readonly int PanelCount => (Outputs + PackedMatrix.MaxWidth - 1) / PackedMatrix.MaxWidth;

    public readonly void Run<T>()
        where T : struct, ILanes<T>
    {
        fixed (ProductJob* self = &this)
            Run<T>(self, 1);
    }

    /// <summary>Runs products of the same rows and inputs, with weights in the same format, as one.</summary>
    internal static void Run<T>(ProductJob* jobs, int count)
        where T : struct, ILanes<T>
    {
        long outputs = 0;
        int panels = 0;
        for (int j = 0; j < count; j++)
        {
            outputs += jobs[j].Outputs;
            panels += jobs[j].PanelCount;
        }

        int rows = jobs->Rows, inputs = jobs->Inputs, threads = (long)rows * inputs * outputs > WorkWorthThreads ? jobs->Threads : 1;
        int rowsPerItem = Math.Clamp(CachedFloats / Math.Max(1, inputs) / 8 * 8, 32, MaxRows);
        while (threads > 1 && rowsPerItem > 8 && rows > 8 && Blocks(rows, rowsPerItem) * panels < ItemsPerThread * threads)
            rowsPerItem -= 8;
        int items = checked(Blocks(rows, rowsPerItem) * panels);
        int together = jobs->IsOneTile<T>(rows) ? PanelsTogether : 1;
        switch (jobs->Format)
        {
            case WeightFormat.BFloat16:
                WorkerPool.RunRanges(new Pieces<T, BFloat16Weights>(jobs, rowsPerItem), items, threads, together);
                break;
            case WeightFormat.Float16:
                WorkerPool.RunRanges(new Pieces<T, Float16Weights>(jobs, rowsPerItem), items, threads, together);
                break;
            default:
                WorkerPool.RunRanges(new Pieces<T, Float32Weights>(jobs, rowsPerItem), items, threads, together);
                break;
        }
    }

    private static int Blocks(int rows, int rowsPerItem) => (rows + rowsPerItem - 1) / rowsPerItem;

    /// <summary>Whether rows and the width of a panel are one register tile: it passes over the weights once, and may do so over several panels.</summary>
    private readonly bool IsOneTile<T>(int rows)
        where T : struct, ILanes<T> =>
        rows <= ProductRows<T, Float32Weights>.MaxRows && 3 * T.Width == PackedMatrix.MaxWidth && Result != ProductResult.EachBlock && Inputs > 0;

    private readonly void RunItems<T, TFormat>(int item, int count, int rowsPerItem)
        where T : struct, ILanes<T>
        where TFormat : struct, IWeightFormat
    {
        while (count > 0)
        {
            // All panels pass by the same rows; a thread has neighbouring ones.
            int panel = item % PanelCount, first = item / PanelCount * rowsPerItem, rows = Math.Min(rowsPerItem, Rows - first);
            int whole = (Outputs / PackedMatrix.MaxWidth) - panel;
            int panels = IsOneTile<T>(rows) ? Math.Clamp(whole, 1, count) : 1;
            RunPanels<T, TFormat>(panel, panels, first, rows);
            item += panels;
            count -= panels;
        }
    }

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.NoInlining)]
    private readonly void RunPanels<T, TFormat>(int panel, int panels, int first, int rows)
        where T : struct, ILanes<T>
        where TFormat : struct, IWeightFormat
    {
        int firstColumn = panel * PackedMatrix.MaxWidth, columns = Math.Min(panels * PackedMatrix.MaxWidth, Outputs - firstColumn);
        float* memory = stackalloc float[((MaxRows + 1) * PackedMatrix.MaxWidth) + 16];
        nint at = ((nint)first * DestinationStride) + firstColumn;
        var finish = new ProductFinish
        {
            Tile = PackedMatrix.Align(memory),
            Columns = columns,
            Activation = Activation,
            Residual = Residual == null ? null : Residual + at,
            NotFinite = NotFinite,
            Destination = Destination + at,
            Stride = DestinationStride,
        };
        int width = finish.Width;
        if (Bias != null && columns == width)
        {
            finish.Bias = Bias + firstColumn;
        }
        else if (Bias != null)
        {
            finish.Bias = finish.Tile + (MaxRows * PackedMatrix.MaxWidth);
            new Span<float>(finish.Bias, width).Clear();
            new ReadOnlySpan<float>(Bias + firstColumn, columns).CopyTo(new Span<float>(finish.Bias, columns));
        }

        byte* w = Panels + ((nint)firstColumn * Inputs * TFormat.Size);
        float* x = X + ((nint)first * Inputs);
        nint inputBytes = (nint)width / panels * TFormat.Size;
        int most = IsOneTile<T>(rows) ? Inputs : TFormat.Size == sizeof(float) ? InputsAtOnce : WidenedInputs;
        int step = Result switch
        {
            ProductResult.Chain => Math.Min(most, Inputs),
            ProductResult.SumOfBlocks => Block * Math.Max(1, most / Block),
            _ => Block,
        };
        if (Result == ProductResult.SumOfBlocks || Inputs == 0)
            new Span<float>(finish.Tile, rows * width).Clear();
        for (int k = 0; k < Inputs; k += step)
        {
            ChainEnds ends = Result == ProductResult.SumOfBlocks ? ChainEnds.StartAndAdd
                : k == 0 || Result == ProductResult.EachBlock ? ChainEnds.Start
                : ChainEnds.Continue;
            if (Result == ProductResult.EachBlock)
            {
                nint blocks = Inputs / Block;
                finish.Destination = Destination + ((((nint)first * blocks) + (k / Block)) * Outputs) + firstColumn;
                finish.Stride = blocks * Outputs;
            }

            int count = Math.Min(step, Inputs - k);
            Multiply<T, TFormat>(x + k, rows, w + (k * inputBytes), panels, count, ends, finish, Result == ProductResult.EachBlock || k + count == Inputs);
        }

        if (Inputs == 0 && Result != ProductResult.EachBlock)
            finish.Write<T>(0, rows);
    }

    private readonly void Multiply<T, TFormat>(float* x, int rows, byte* w, int panels, int count, ChainEnds ends, in ProductFinish finish, bool last)
        where T : struct, ILanes<T>
        where TFormat : struct, IWeightFormat
    {
        int chains = Result == ProductResult.SumOfBlocks ? count / Block : 1;
        if (TFormat.Size == sizeof(float) || rows < RowsWorthWidening || count > WidenedInputs)
            ProductRows<T, TFormat>.Run(x, Inputs, rows, w, panels, count, chains, w, (nint)finish.Width / panels * TFormat.Size, ends, finish, last);
        else
            MultiplyWidened<T, TFormat>(x, rows, w, count, ends, finish, last);
    }

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.NoInlining)]
    private readonly void MultiplyWidened<T, TFormat>(float* x, int rows, byte* w, int count, ChainEnds ends, in ProductFinish finish, bool last)
        where T : struct, ILanes<T>
        where TFormat : struct, IWeightFormat
    {
        float* memory = stackalloc float[(WidenedInputs * PackedMatrix.MaxWidth) + 16];
        float* wide = PackedMatrix.Align(memory);
        int chains = Result == ProductResult.SumOfBlocks ? count / Block : 1;
        int width = finish.Width;
        for (int i = 0; i < count * width; i += T.Width)
            T.Store(TFormat.Load<T>(w + ((nint)i * TFormat.Size)), wide + i);
        ProductRows<T, Float32Weights>.Run(x, Inputs, rows, (byte*)wide, 1, count, chains, w, (nint)width * TFormat.Size, ends, finish, last);
    }

    private readonly struct Pieces<T, TFormat>(ProductJob* jobs, int rowsPerItem) : IParallelRanges
        where T : struct, ILanes<T>
        where TFormat : struct, IWeightFormat
    {
        // They lie on the caller's stack, which outlives the run.
        private readonly ProductJob* jobs = jobs;

        public void Run(int first, int count)
        {
            for (ProductJob* job = jobs; count > 0; job++)
            {
                int items = Blocks(job->Rows, rowsPerItem) * job->PanelCount, own = Math.Clamp(items - first, 0, count);
                if (own > 0)
                    job->RunItems<T, TFormat>(first, own, rowsPerItem);
                first = Math.Max(0, first - items);
                count -= own;
            }
        }
    }
}
