using Interp.Hooks;

namespace Interp.Runtime.Tests.Forward;

public sealed class ForwardMemoryTests
{
    // Segments, positions and the pieces of attention: what a pass notes down, not what it computes.
    private const int NotesOfAPass = 48 * 1024;

    [Fact]
    public void A_pass_takes_its_matrices_from_memory_that_is_there()
    {
        TransformerModel model = RandomModel.Create(RandomModel.Config(head: 32) with { DModel = 256, DMlp = 1024 }, 3);
        Assert.InRange(Allocated(1, 4), 0, NotesOfAPass);

        // The narrowest matrix, the stream, would be 160 KB.
        Assert.InRange(Allocated(4, 40), 0, NotesOfAPass);

        long Allocated(int sequences, int length)
        {
            var batch = new TokenBatch(Enumerable.Range(0, sequences).Select(_ => (IReadOnlyList<int>)[.. Enumerable.Repeat(1, length)]));
            var logits = new float[sequences * length * model.Config.DVocab];
            long least = long.MaxValue;

            // The least of several: the first grows what is kept from pass to pass, and another test may have it meanwhile.
            for (int attempt = 0; attempt < 10; attempt++)
            {
                long before = GC.GetAllocatedBytesForCurrentThread();
                model.Forward(batch, default(NoHooks), logits, threads: 1);
                least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
            }

            return least;
        }
    }
}
