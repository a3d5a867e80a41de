using CsCheck;
using Interp.Runtime.Kernels;
using Interp.Runtime.Machine;

namespace Interp.Runtime.Tests.Kernels;

/// <summary>What register tiles ask for while they multiply. It changes no number, so only this shows a step that is wrong.</summary>
public sealed unsafe class WantedMemoryTests
{
    private const int CacheLine = 64;

    [Fact]
    public void Tiles_over_the_same_weights_ask_for_the_whole_of_the_next_block_once() =>
        Gen.Select(Gen.Int[2, 20], Gen.Int[1, 400], Gen.Int[1, 3], Gen.Int[1, 2].Select(half => 2 * half)).Sample((tiles, pairs, vectors, size) =>
        {
            int inputs = WantedMemory.Inputs * pairs, inputBytes = 16 * vectors * size;
            byte* w = (byte*)(1 << 20), next = w + (inputs * inputBytes), end = next + (inputs * inputBytes), at = next;
            for (int tile = 0; tile < tiles; tile++)
            {
                WantedMemory wanted = WantedMemory.Of(tile, tiles, w, inputs, inputBytes);
                Assert.InRange(wanted.Lines, 1, 3);
                if (wanted.Weights == w)
                    continue;
                Assert.True(wanted.Weights == at && at < end, $"tile {tile} of {tiles} begins {wanted.Weights - at} bytes behind the one before");
                at += pairs * wanted.Step;
            }

            // A tile asks for whole lines at each step, so that the last may go beyond the end by its own part at most.
            Assert.True(at >= end, $"{end - at} bytes are not asked for");
            Assert.True(at - end < pairs * 3 * CacheLine, $"{at - end} bytes beyond the end");
        });

    [Fact]
    public void Tile_alone_asks_for_all_of_its_own_weights_further_on_or_not_at_all() =>
        Gen.Select(Gen.Int[1, 10], Gen.Int[1, 400], Gen.Int[1, 3], Gen.Int[1, 2].Select(half => 2 * half)).Sample((rows, pairs, vectors, size) =>
        {
            int inputBytes = 16 * vectors * size, inputs = WantedMemory.Inputs * pairs;
            byte* w = (byte*)(1 << 20);
            WantedMemory wanted = WantedMemory.Alone(rows, w, inputBytes);
            int asked = Enumerable.Range(1, inputs).Count(left => (left & wanted.InputMask) == 0);
            Assert.Equal(Processor.IsZen3Or4 && rows < WantedMemory.RowsThatAsk ? 0 : pairs, asked);
            Assert.True(wanted.Weights > w);
            Assert.True(wanted.Step >= WantedMemory.Inputs * inputBytes, "the reading overtakes what is asked for");
            Assert.True(wanted.Step < (WantedMemory.Inputs * inputBytes) + CacheLine);
        });

    [Fact]
    public void Each_row_of_a_tile_is_asked_for_before_it_is_written() =>
        Gen.Int[16, 800].Sample(inputs =>
        {
            WantedMemory wanted = WantedMemory.Nothing((byte*)(1 << 20));
            wanted.AddRows((float*)(1 << 22), 100, inputs);
            int asked = Enumerable.Range(1, inputs).Count(left => left % WantedMemory.Inputs == 0 && (left & wanted.RowMask) == 0);
            Assert.InRange(asked, 8, 17);
            Assert.Equal(400, wanted.RowStride);
        });

    [Fact]
    public void Rows_are_not_asked_for_before_the_last_block()
    {
        nint mask = WantedMemory.Nothing((byte*)(1 << 20)).RowMask;
        Assert.DoesNotContain(Enumerable.Range(1, 10_000), left => (left & mask) == 0);
    }
}
