using CsCheck;
using Interp.Runtime.Kernels;
using Interp.Runtime.Machine;

namespace Interp.Runtime.Tests.Kernels;

/// <summary>Register tiles by themselves: which of them a product uses depends on the processor, so that products alone do not reach all on each machine.</summary>
public sealed unsafe class ProductRowsTests
{
    /// <summary>The highest tiles, those of processors that do not read 9 and 10 rows as two tiles.</summary>
    [Theory]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(10)]
    public void Tiles_of_many_rows_have_the_bits_of_single_chains(int rows) =>
        Gen.Select(Gen.Int[1, 2], Gen.Int[1, 40], Gen.Enum<WeightFormat>(), Gen.Enum<ChainEnds>(), Gen.Int).Sample((vectors, inputs, format, start, seed) =>
        {
            var job = new TileJob { Rows = rows, Vectors = vectors, Inputs = inputs, Format = format, Start = start, Seed = seed };
            KernelTiers.Run(ref job, KernelTiers.Available[^1]);
        });

    private struct TileJob : ILaneJob
    {
        public int Rows;
        public int Vectors;
        public int Inputs;
        public WeightFormat Format;
        public ChainEnds Start;
        public int Seed;

        public readonly void Run<T>()
            where T : struct, ILanes<T>
        {
            switch (Format)
            {
                case WeightFormat.BFloat16:
                    Run<T, BFloat16Weights>();
                    break;
                case WeightFormat.Float16:
                    Run<T, Float16Weights>();
                    break;
                default:
                    Run<T, Float32Weights>();
                    break;
            }
        }

        private readonly void Run<T, TFormat>()
            where T : struct, ILanes<T>
            where TFormat : struct, IWeightFormat
        {
            var random = new Random(Seed);
            int width = Vectors * T.Width;
            float[] x = Values(Rows * Inputs), weights = Values(Inputs * width), tile = Values(Rows * width), expected = [.. tile];
            byte[] stored = new byte[weights.Length * TFormat.Size];
            for (int i = 0; i < weights.Length; i++)
                weights[i] = Store(weights[i], stored.AsSpan(i * TFormat.Size));
            for (int r = 0; r < Rows; r++)
            {
                for (int c = 0; c < width; c++)
                {
                    float before = tile[(r * width) + c], chain = Start == ChainEnds.Continue ? before : 0f;
                    for (int k = 0; k < Inputs; k++)
                        chain = MathF.FusedMultiplyAdd(x[(r * Inputs) + k], weights[(k * width) + c], chain);
                    expected[(r * width) + c] = Start == ChainEnds.StartAndAdd ? before + chain : chain;
                }
            }

            fixed (float* px = x, pt = tile)
            fixed (byte* pw = stored)
            {
                ProductRows<T, TFormat>.RunTile(Rows, Vectors, new KernelWork
                {
                    X = px,
                    XStride = Inputs,
                    W = pw,
                    WStride = (nint)width * TFormat.Size,
                    Inputs = Inputs,
                    Chains = 1,
                    Panels = 1,
                    Tile = pt,
                    TileStride = width,
                    Start = Start,
                    Wanted = WantedMemory.Nothing(pw),
                });
            }

            Assert.Equal(expected.Select(BitConverter.SingleToInt32Bits), tile.Select(BitConverter.SingleToInt32Bits));

            float[] Values(int count) => [.. Enumerable.Range(0, count).Select(_ => (random.NextSingle() * 2) - 1)];
        }

        /// <summary>Stores a number in the format of the weights and gives what is stored.</summary>
        private readonly float Store(float value, Span<byte> to)
        {
            switch (Format)
            {
                case WeightFormat.BFloat16:
                    uint bits = BitConverter.SingleToUInt32Bits(value) & 0xFFFF0000;
                    BitConverter.TryWriteBytes(to, (ushort)(bits >> 16));
                    return BitConverter.UInt32BitsToSingle(bits);
                case WeightFormat.Float16:
                    BitConverter.TryWriteBytes(to, (Half)value);
                    return (float)(Half)value;
                default:
                    BitConverter.TryWriteBytes(to, value);
                    return value;
            }
        }
    }
}
