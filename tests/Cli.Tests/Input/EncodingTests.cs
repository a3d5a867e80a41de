using System.Text;

namespace Interp.Cli.Tests.Input;

/// <summary>Files of prompts are UTF-8; other bytes are named with their line, and none becomes a replacement character.</summary>
public sealed class EncodingTests
{
    private const string Json = "{\"clean\": \"Mary\"}\n{\"clean\": \"M\u00e9ry\"}\n", Csv = "clean\r\nMary\r\n\"M\u00e9ry\"\r\n", Lines = "Mary\nM\u00e9ry\n";

    [Theory]
    [InlineData("d.jsonl", Json, 2)]
    [InlineData("d.csv", Csv, 3)]
    [InlineData("d.txt", Lines, 2)]
    public void Bytes_that_are_not_UTF8_are_named_with_their_line(string name, string content, int line)
    {
        using var work = new Workspace();
        File.WriteAllBytes(work.At(name), Encoding.Latin1.GetBytes(content));
        Tool.Refuses(["run", "--model", "demo", "--data", work.At(name)], $"{name}, line {line}: expected UTF-8, found the byte 0xE9");
    }

    [Theory]
    [InlineData("utf-16", "UTF-16")]
    [InlineData("utf-16BE", "UTF-16")]
    [InlineData("utf-32", "UTF-32")]
    public void A_byte_order_mark_of_another_encoding_is_named(string encoding, string found)
    {
        using var work = new Workspace();
        var other = Encoding.GetEncoding(encoding);
        File.WriteAllBytes(work.At("d.csv"), [.. other.Preamble, .. other.GetBytes("clean\nMary\n")]);
        Tool.Refuses(["run", "--model", "demo", "--data", work.At("d.csv")], $"d.csv, line 1: expected UTF-8, found {found}");
    }

    [Fact]
    public void UTF16_without_a_mark_is_seen_by_its_zero_bytes()
    {
        using var work = new Workspace();
        File.WriteAllBytes(work.At("d.txt"), Encoding.Unicode.GetBytes("Mary\n"));
        Tool.Refuses(["run", "--model", "demo", "--data", work.At("d.txt")], "d.txt, line 1", "UTF-8", "a zero byte");
    }

    [Fact]
    public void A_character_that_is_cut_off_is_named()
    {
        using var work = new Workspace();
        File.WriteAllBytes(work.At("d.txt"), Encoding.UTF8.GetBytes("Mary\nJohn\u00e9")[..^1]);
        Tool.Refuses(["run", "--model", "demo", "--data", work.At("d.txt")], "d.txt, line 2: expected UTF-8, found the byte 0xC3");
    }

    [Theory]
    [InlineData("d.csv", "clean,id\nMary met,1\n")]
    [InlineData("d.jsonl", "{\"clean\": \"Mary met\", \"id\": 1}\n")]
    public void The_mark_of_UTF8_is_skipped(string name, string content)
    {
        using var work = new Workspace();
        string plain = Tool.Demo("run", "--data", work.Put(name, content), "--json").Succeeded().Output;
        File.WriteAllBytes(work.At(name), [.. Encoding.UTF8.Preamble, .. Encoding.UTF8.GetBytes(content)]);
        Assert.Equal(plain, Tool.Demo("run", "--data", work.At(name), "--json").Succeeded().Output);
    }

    [Theory]
    [InlineData("{\"clean\": \"\\ud83d\"}", "d.jsonl, line 1", "half of a surrogate pair")]
    [InlineData("{\"clean\": \"Mary\", \"clean\": \"John\"}", "d.jsonl, line 1: field 'clean' is there twice")]
    public void What_JSON_would_let_pass_is_refused(string row, params string[] words)
    {
        using var work = new Workspace();
        Tool.Refuses(["run", "--model", "demo", "--data", work.Put("d.jsonl", row)], words);
    }
}
