using System.Security.Cryptography;
using Interp.Runtime.Tests.Weights;
using Interp.Runtime.Weights;

namespace Interp.Runtime.Tests.Model;

/// <summary>What a loaded model holds of its files, and of which bytes its hash is.</summary>
public sealed class LoadedFilesTests
{
    [Theory]
    [InlineData("hf/gpt2", "model.safetensors")]
    [InlineData("gguf/tinyllm.gguf", "tinyllm.gguf")]
    public void No_load_leaves_a_mapping_or_an_open_file(string path, string file)
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Skip("Mappings are read from /proc.");
        }

        string model = Fixtures.Require(path);
        for (int i = 0; i < 100; i++)
        {
            _ = TransformerModel.Load(model).Sha256;
        }

        Assert.DoesNotContain(File.ReadLines("/proc/self/maps"), line => line.EndsWith("/" + file, StringComparison.Ordinal));
        Assert.DoesNotContain(
            Directory.EnumerateFiles("/proc/self/fd").Select(fd => new FileInfo(fd).LinkTarget ?? ""),
            target => target.EndsWith("/" + file, StringComparison.Ordinal));
    }

    [Fact]
    public void A_file_that_is_edited_later_does_not_change_the_hash()
    {
        using var directory = new Copy("hf/gpt2");
        string before = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(directory.Weights)));
        TransformerModel model = TransformerModel.Load(directory.Path);
        Assert.Equal(before, model.Sha256);
        directory.Edit();
        Assert.Equal(before, model.Sha256);
        Assert.NotEqual(before, TransformerModel.Load(directory.Path).Sha256);
    }

    [Fact]
    public void A_file_that_is_edited_while_it_is_read_is_refused_by_name()
    {
        using var directory = new Copy("hf/gpt2");
        using Checkpoint checkpoint = Checkpoint.Open(directory.Path);
        directory.Edit();
        foreach (Action read in new Action[] { checkpoint.Unmap, () => _ = checkpoint.Sha256 })
        {
            string message = Assert.Throws<InvalidInputException>(read).Message;
            Assert.StartsWith($"{directory.Weights}: the file was changed while it was read", message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', message);
        }
    }

    [Fact]
    public void A_file_that_is_replaced_while_it_is_open_stays_what_it_was()
    {
        using var directory = new Copy("hf/gpt2");
        string before = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(directory.Weights)));
        using Checkpoint checkpoint = Checkpoint.Open(directory.Path);
        File.WriteAllText(directory.Weights + ".new", "another");
        File.Move(directory.Weights + ".new", directory.Weights, overwrite: true);
        Assert.Equal(before, checkpoint.Sha256);
    }

    private sealed class Copy : IDisposable
    {
        public Copy(string fixture)
        {
            Path = Directory.CreateTempSubdirectory("interp-loaded-").FullName;
            foreach (string name in new[] { "config.json", "model.safetensors" })
            {
                File.Copy(System.IO.Path.Combine(Fixtures.Require(fixture), name), System.IO.Path.Combine(Path, name));
            }
        }

        public string Path { get; }

        public string Weights => System.IO.Path.Combine(Path, "model.safetensors");

        /// <summary>Another last weight, in the same file, with a time that a coarse clock tells apart too.</summary>
        public void Edit()
        {
            using (var file = new FileStream(Weights, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
            {
                file.Position = file.Length - 4;
                file.Write(BitConverter.GetBytes(7.5f));
            }

            File.SetLastWriteTimeUtc(Weights, File.GetLastWriteTimeUtc(Weights).AddSeconds(1));
        }

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
