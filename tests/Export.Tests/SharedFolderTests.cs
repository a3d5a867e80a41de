using Interp.Analysis;

namespace Interp.Export.Tests;

/// <summary>A folder that several write at once: nothing is lost, nothing is mixed, and a stop in between leaves what was there.</summary>
public sealed class SharedFolderTests
{
    private const int Writers = 4, Rounds = 6;

    [Fact]
    public async Task Writers_lose_nothing_and_readers_see_tables_that_belong_together()
    {
        using var work = new Folder();
        ResultFolder.Create(work.Path).Write([Table("pair", -1), Table("partner", -1)]);
        Task[] writers =
        [
            .. Enumerable.Range(0, Writers).Select(writer => Task.Run(() =>
            {
                for (int round = 0; round < Rounds; round++)
                {
                    int number = (writer * Rounds) + round;
                    ResultFolder.Create(work.Path).Write([Table("pair", number), Table("partner", number), Table($"own{writer}", round)]);
                }
            })),
        ];
        Task<int> reader = Task.Run(() =>
        {
            int reads = 0;
            for (; !writers.All(w => w.IsCompleted); reads++)
            {
                IReadOnlyList<ResultTable> tables = ResultFolder.Open(work.Path).ReadAll();
                Assert.Equal(Number(tables.Single(t => t.Name == "pair")), Number(tables.Single(t => t.Name == "partner")));
            }

            return reads;
        });
        await Task.WhenAll(writers);
        Assert.True(await reader > 0);
        ResultFolder folder = ResultFolder.Open(work.Path);
        Assert.All(Enumerable.Range(0, Writers), writer => Assert.Equal(Rounds - 1, Number(folder.Read($"own{writer}"))));
        Assert.Equal(
            ["manifest.json", "own0.arrow", "own1.arrow", "own2.arrow", "own3.arrow", "pair.arrow", "partner.arrow"], work.Entries);
    }

    [Fact]
    public void What_was_staged_and_not_committed_is_not_there()
    {
        using var work = new Folder();
        ResultFolder.Create(work.Path).Write([Table("t", 1)]);
        ResultFolder folder = ResultFolder.Create(work.Path);
        using (TableWriter writer = folder.Begin("t"))
        {
            writer.Write(Table("t", 2));
            writer.Finish(new Dictionary<string, string>());
            folder.Stage(writer);
        }

        Assert.Equal(1, Number(ResultFolder.Open(work.Path).Read("t")));
        folder.Discard();
        Assert.Equal(["manifest.json", "t.arrow"], work.Entries);
    }

    // As if the process had ended after the manifest was written and before the file had its name.
    [Fact]
    public void A_commit_that_was_cut_off_before_the_renaming_is_read_and_finished()
    {
        using var work = new Folder();
        ResultFolder.Create(work.Path).Write([Table("t", 1), Table("other", 5)]);
        byte[] old = File.ReadAllBytes(work.At("t.arrow"));
        ResultFolder.Create(work.Path).Write([Table("t", 2)]);
        File.Move(work.At("t.arrow"), work.At("t.arrow.cut.staged"));
        File.WriteAllBytes(work.At("t.arrow"), old);
        string manifest = work.At(Manifest.FileName);
        File.WriteAllText(manifest, File.ReadAllText(manifest).Replace(
            "\"file\": \"t.arrow\",", "\"staged\": \"t.arrow.cut.staged\", \"file\": \"t.arrow\",", StringComparison.Ordinal));
        Assert.Equal([2, 5], ResultFolder.Open(work.Path).ReadAll().Select(Number));
        ResultFolder.Create(work.Path).Write([Table("third", 3)]);
        Assert.Equal(["manifest.json", "other.arrow", "t.arrow", "third.arrow"], work.Entries);
        Assert.Equal([2, 5, 3], ResultFolder.Open(work.Path).ReadAll().Select(Number));
        Assert.DoesNotContain("staged", File.ReadAllText(manifest), StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_process_that_is_gone_left_is_removed()
    {
        using var work = new Folder();
        string mine = AsideFile.NameFor(work.At("t.arrow")), number = $"-{Environment.ProcessId}-";

        // No process has the number 2^31 - 1: Linux, macOS and Windows count lower.
        string[] left = [mine.Replace(number, "-2147483647-", StringComparison.Ordinal), AsideFile.NameFor(work.At("t.arrow"), ".staged").Replace(number, "-2147483647-", StringComparison.Ordinal)];
        Array.ForEach([.. left, mine], path => File.WriteAllText(path, "half"));
        AtomicFile.Probe(work.At("t.arrow"));
        ResultFolder.Create(work.Path).Write([Table("t", 1)]);
        Assert.All(left, path => Assert.False(File.Exists(path)));
        Assert.True(File.Exists(mine));
    }

    [Fact]
    public void One_at_a_time_has_an_output_and_is_named()
    {
        using var work = new Folder();
        string output = work.At("p.arrow");
        using (OutputLock.Take(output))
        {
            string message = Assert.Throws<InvalidInputException>(() => OutputLock.Take(output)).Message;
            Assert.Equal(
                $"{output}: process {Environment.ProcessId} is writing it; expected one at a time: wait for that one, or write somewhere else", message);
            using OutputLock other = OutputLock.Take(work.At("q.arrow"));
        }

        Assert.Empty(work.Entries);

        // What a process left behind that was killed locks nothing.
        File.WriteAllText(output + ".lock", "12345 somewhere 0\n");
        OutputLock.Take(output).Dispose();
        Assert.Empty(work.Entries);
    }

    [Fact]
    public async Task An_output_is_never_had_by_two()
    {
        using var work = new Folder();
        int inside = 0;
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() =>
        {
            for (int i = 0; i < 50; i++)
            {
                using OutputLock held = OutputLock.Take(work.At("p"), TimeSpan.FromMinutes(1));
                Assert.Equal(1, Interlocked.Increment(ref inside));
                Interlocked.Decrement(ref inside);
            }
        })));
    }

    private static ResultTable Table(string name, int number)
    {
        var table = new ResultTable(name, new Column("number", ColumnType.Int32));
        table.Add(number);
        return table;
    }

    private static int Number(ResultTable table) => table.Int32("number").Values[0];
}
