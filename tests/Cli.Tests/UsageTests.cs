namespace Interp.Cli.Tests;

public sealed class UsageTests
{
    [Fact]
    public void Without_arguments_there_is_help()
    {
        Outcome outcome = Tool.Run().Succeeded();
        Assert.Contains("decompose", outcome.Output, StringComparison.Ordinal);
        Assert.Empty(outcome.Error);
    }

    [Theory]
    [InlineData("info")]
    [InlineData("run")]
    [InlineData("generate")]
    [InlineData("cache")]
    [InlineData("decompose")]
    [InlineData("patch")]
    [InlineData("ablate")]
    [InlineData("bench")]
    [InlineData("demo")]
    public void Every_command_has_help(string command) =>
        Assert.Contains("interp " + command, Tool.Run(command, "--help").Succeeded().Output.Replace("testhost", "interp"));

    [Theory]
    [InlineData("--help")]
    [InlineData("-h")]
    [InlineData("-?")]
    [InlineData("/h")]
    [InlineData("/?")]
    public void Whoever_asks_for_help_behind_a_whole_call_gets_help(string help)
    {
        string output = Tool.Demo("info", help).Succeeded().Output;
        Assert.Contains("--positions", output, StringComparison.Ordinal);
        Assert.DoesNotContain("SHA-256", output, StringComparison.Ordinal);
    }

    [Fact]
    public void The_version_behind_a_command_is_no_option_of_it() =>
        Tool.Refuses(["info", "--model", "demo", "--version"], "--version: not an option of 'info'");

    [Theory]
    [InlineData("command 'circuit': expected one of info, run, generate", "circuit", "--model", "demo")]
    [InlineData("--model: expected a command first", "--model", "demo")]
    [InlineData("--model: expected PATH, found none. A Hugging Face directory", "run")]
    [InlineData("--promt: not an option of 'run'; the nearest are --prompt", "run", "--model", "demo", "--promt", "x")]
    [InlineData("-q: not an option of 'run'; the nearest are", "run", "--model", "demo", "--tokens", "1", "-q")]
    [InlineData(
        "--prompt: not an option of 'patch'; expected one of --model, --verify, --threads, --memory, --process, --clean",
        "patch", "--model", "demo", "--prompt", "Mary")]
    [InlineData(
        "--answer: expected it as text or as ids, found --answer and --answer-token",
        "decompose", "--model", "demo", "--prompt", "Mary", "--answer", "met", "--answer-token", "3")]
    [InlineData(
        "--corrupted: expected it as text or as ids, found --corrupted and --corrupted-tokens",
        "patch", "--model", "demo", "--clean", "Mary", "--corrupted", "Anna", "--corrupted-tokens", "0 3", "--answer", "met")]
    [InlineData("--memory: not an option of 'info'", "info", "--model", "demo", "--memory", "4GB")]
    [InlineData("it has no norms to fold", "run", "--model", "demo", "--prompt", "Mary", "--process=all")]
    [InlineData("process 'fold': expected one of fold-norm", "run", "--model", "demo", "--prompt", "Mary", "--process", "fold")]
    [InlineData("'then'", "run", "--model", "demo", "--prompt", "Mary", "then")]
    [InlineData("--tokens: expected IDS behind it, found nothing", "run", "--model", "demo", "--tokens")]
    [InlineData("--model: expected once, found again", "run", "--model", "demo", "--model", "demo", "--tokens", "1")]
    [InlineData(
        "--threads: expected a whole number of at least 0, found '-2'",
        "run", "--model", "demo", "--tokens", "1", "--threads", "-2")]
    [InlineData(
        "--top-k: expected a whole number of at least 1, found 'x'", "run", "--model", "demo", "--tokens", "1", "--top-k", "x")]
    [InlineData("--temperature: expected a number", "generate", "--model", "demo", "--tokens", "1", "--temperature", "hot")]
    [InlineData("top-p: expected above 0", "generate", "--model", "demo", "--tokens", "1", "--top-p", "2")]
    [InlineData("--bos: expected one of auto, always, never", "run", "--model", "demo", "--tokens", "1", "--bos", "maybe")]
    [InlineData("expected one of --prompt, --tokens, --data", "run", "--model", "demo")]
    [InlineData("found --prompt and --tokens", "run", "--model", "demo", "--prompt", "Mary", "--tokens", "1")]
    [InlineData("token id 99 is out of range, expected 0..31", "run", "--model", "demo", "--tokens", "99")]
    [InlineData("expected a whole number, found '1a'", "run", "--model", "demo", "--tokens", "1a")]
    [InlineData("expected token ids", "run", "--model", "demo", "--tokens", " ")]
    [InlineData("word 'Bogus'", "run", "--model", "demo", "--prompt", "Bogus")]
    [InlineData("position 5", "run", "--model", "demo", "--tokens", "1", "--pos", "5")]
    [InlineData("/nowhere: no such file or directory", "run", "--model", "/nowhere", "--tokens", "1")]
    [InlineData("m.gguf: expected a GGUF file, found no such file", "run", "--model", "m.gguf", "--tokens", "1")]
    [InlineData("m.onnx: expected an ONNX file, found no such file", "run", "--model", "m.onnx", "--tokens", "1")]
    [InlineData("nope.json: no such file", "run", "--model", "demo", "--tokens", "1", "--interventions", "nope.json")]
    [InlineData("nope.jsonl: no such file", "run", "--model", "demo", "--data", "nope.jsonl")]
    public void A_wrong_command_line_is_refused_in_one_line(string words, params string[] arguments) => Tool.Refuses(
        arguments, words);

    [Fact]
    public void Text_for_a_directory_without_tokenizer_is_refused()
    {
        using var work = new Workspace();
        Tool.Refuses(["run", "--model", work.PutModel(), "--prompt", "Hello"], "no tokenizer", "token ids");
    }

    [Fact]
    public void A_prompt_longer_than_the_context_is_refused() => Tool.Refuses(
        ["run", "--model", "demo", "--tokens", string.Join(' ', Enumerable.Repeat(1, 33))],
        "--tokens", "1 to 32 tokens", "found 33");

    [Fact]
    public void Verbose_shows_where_an_error_came_from()
    {
        Outcome outcome = Tool.Demo("run", "--tokens", "99", "--verbose");
        Assert.Equal(2, outcome.Code);
        Assert.Contains("   at Interp.", outcome.Error, StringComparison.Ordinal);
    }
}
