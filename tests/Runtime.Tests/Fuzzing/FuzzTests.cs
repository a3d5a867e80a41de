namespace Interp.Runtime.Tests.Fuzzing;

/// <summary>
/// Changed files of every format load or are refused. Few of each kind, with a fixed seed; INTERP_FUZZ_COUNT and INTERP_FUZZ_SEED
/// choose more and others.
/// </summary>
public sealed class FuzzTests
{
    [Fact]
    public void Changed_safetensors_load_or_are_refused() => FuzzRun.Check("safetensors", FuzzCorpus.Safetensors());

    [Fact]
    public void Changed_onnx_graphs_load_or_are_refused() => FuzzRun.Check("ONNX", FuzzCorpus.Onnx());

    [Fact]
    public void Changed_gguf_files_load_or_are_refused() => FuzzRun.Check("GGUF", FuzzCorpus.Gguf());

    [Fact]
    public void Changed_configurations_load_or_are_refused() => FuzzRun.Check("config.json", FuzzCorpus.Configurations());

    [Fact]
    public void Changed_tokenizers_load_or_are_refused() => FuzzRun.Check("tokenizers", FuzzCorpus.Tokenizers());
}
