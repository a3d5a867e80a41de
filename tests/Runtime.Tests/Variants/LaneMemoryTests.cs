using System.Globalization;

namespace Interp.Runtime.Tests.Variants;

/// <summary>
/// Memory of a sweep stays within the budget and does not grow with the number of cells, measured as the memory of a child
/// process. Beyond the budget 16 MiB are allowed: the list of variants, and the garbage collector's own room.
/// </summary>
public sealed class LaneMemoryTests
{
    private const long Allowed = 16 << 20;

    [Fact]
    public void A_sweep_stays_within_its_memory_budget_however_many_cells_it_has()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Skip("The memory of a process is read from /proc.");
        }

        string[] lines = ProbeProcess.Run(["memory"]);
        Assert.Equal(8, lines.Length);
        foreach (string line in lines)
        {
            long[] numbers = [.. line.Split(' ').Select(n => long.Parse(n, CultureInfo.InvariantCulture))];
            Assert.True(numbers[2] <= numbers[0] + Allowed, $"budget, variants, bytes:\n{string.Join('\n', lines)}");
        }
    }
}
