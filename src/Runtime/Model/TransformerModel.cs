using Interp.Hooks;
using Interp.Runtime.Families;
using Interp.Runtime.Forward;
using Interp.Runtime.Kernels;
using Interp.Runtime.Machine;
using Interp.Runtime.Tokenization;
using Interp.Runtime.Weights;

namespace Interp.Runtime;

/// <summary>A model ready to run: configuration, weights, hook points and, when the checkpoint has one, a tokenizer.</summary>
public sealed partial class TransformerModel
{
    private readonly TokenizerFound _tokenizer;

    private TransformerModel(
        ModelConfig config, ModelWeights weights, TokenizerFound tokenizer, ModelIdentity identity)
    {
        weights.Require(BlockPlan.Of(config), identity.Name);
        Config = config;
        Weights = weights;
        _tokenizer = tokenizer;
        Identity = identity;
        Hooks = new HookMap(config.Outline);
        Resources = new ForwardResources(config, weights);
    }

    /// <summary>The resolved configuration.</summary>
    public ModelConfig Config { get; }

    /// <summary>The weights.</summary>
    public ModelWeights Weights { get; }

    /// <summary>The hook points, their names and shapes.</summary>
    public HookMap Hooks { get; }

    /// <summary>What passes of this model share.</summary>
    internal ForwardResources Resources { get; }

    /// <summary>The tokenizer, or null when the checkpoint has none that can be read; token ids work without.</summary>
    public TextTokenizer? Tokenizer => _tokenizer.Tokenizer;

    /// <summary>Why the tokenizer files that are there cannot be read; null where there are none or they can.</summary>
    public string? TokenizerProblem => _tokenizer.Problem;

    /// <summary>Which weights these are: name, hash, and what they were made from.</summary>
    public ModelIdentity Identity { get; }

    /// <summary>Where the model came from.</summary>
    public string Name => Identity.Name;

    /// <summary>SHA-256 of the weights, lower-case hexadecimal (<see cref="ModelIdentity.Sha256"/>).</summary>
    /// <exception cref="InvalidInputException">The files were edited before it was computed, so that it could be of other weights.</exception>
    public string Sha256 => Identity.Sha256;

    /// <summary>Hash of the model whose weights these were made from, or null (<see cref="ModelIdentity.DerivedFrom"/>).</summary>
    public string? DerivedFrom => Identity.DerivedFrom;

    /// <summary>
    /// The types in which the checkpoint stores the weights, which may differ from <see cref="ModelWeights.NumberFormats"/>; the type with
    /// the most bytes first. Empty for a model without a checkpoint.
    /// </summary>
    public IReadOnlyList<StoredType> Stored { get; private init; } = [];

    /// <summary>
    /// What the checkpoint says about which tokens <see cref="Generator.Generate"/> may choose: generation_config.json, or without one
    /// config.json.
    /// </summary>
    public GenerationRules Generation { get; private init; } = new();

    /// <summary>
    /// Loads a Hugging Face directory (config.json, safetensors, tokenizer files), an ONNX file with its config.json and
    /// tokenizer beside it, or a GGUF file.
    /// </summary>
    /// <param name="path">Path of the directory, or of a file that ends in <c>.onnx</c> or <c>.gguf</c>.</param>
    /// <param name="family">A family of the caller's own; null = the one that <c>model_type</c> names.</param>
    /// <exception cref="InvalidInputException">Something there is missing, broken or not supported.</exception>
    public static TransformerModel Load(string path, ModelFamily? family = null)
    {
        ArgumentNullException.ThrowIfNull(path);
        IModelSource source = ModelSources.Open(path);
        Task<TokenizerFound>? tokenizer = null;
        try
        {
            family ??= ModelFamily.For(source.Config);
            ModelConfig config = source.Complete(family.Resolve(source.Config));
            GenerationRules generation = GenerationRules.Read(() => source.Generation ?? source.Config, config.EosIds);
            config = config with { EosIds = generation.EosIds };

            // Reading the tokenizer takes as long as the weights of a small model, and goes on beside them.
            tokenizer = Task.Run(() => FindTokenizer(source, config));
            IWeightSource tensors = source.Weights(config);
            config = family.Complete(config, tensors);
            ModelWeights weights = family.ReadWeights(config, tensors);
            tensors.ThrowIfUnused();

            // Not later: the file may change, or go, when the model is there.
            TokenizerFound found = tokenizer.GetAwaiter().GetResult();
            source.EndReading();
            IReadOnlyList<StoredType> stored = tensors.Stored;

            // At once, beside whatever the model does first, and not when somebody asks: by then the file may be another.
            var sha256 = Task.Run(() =>
            {
                using (source)
                {
                    return tensors.Sha256;
                }
            });
            var identity = new ModelIdentity(path, new Lazy<string>(() => sha256.GetAwaiter().GetResult()));
            return new TransformerModel(AsStored(config, weights), weights, found, identity) { Stored = stored, Generation = generation };
        }
        catch
        {
            tokenizer?.ContinueWith(_ => { }, TaskScheduler.Default).Wait();
            source.Dispose();
            throw;
        }
    }

    /// <summary>Builds a model from settings and tensors in memory, through the same path as a directory.</summary>
    /// <param name="config">Settings, as in a family's config.json.</param>
    /// <param name="source">Tensors under the family's names.</param>
    /// <param name="tokenizer">Tokenizer, or null.</param>
    /// <exception cref="InvalidInputException">Settings or tensors do not fit the family.</exception>
    public static TransformerModel Create(ConfigReader config, IWeightSource source, TextTokenizer? tokenizer = null)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(source);
        ModelFamily family = ModelFamily.For(config);
        return Create(family, family.Resolve(config), source, tokenizer);
    }

    /// <summary>Builds a model of a family from a resolved configuration and tensors under the family's names.</summary>
    /// <exception cref="InvalidInputException">The tensors do not fit.</exception>
    internal static TransformerModel Create(ModelFamily family, ModelConfig config, IWeightSource source, TextTokenizer? tokenizer)
    {
        config = family.Complete(config, source);
        ModelWeights weights = family.ReadWeights(config, source);
        source.ThrowIfUnused();
        return new TransformerModel(
            AsStored(config, weights), weights, Found(tokenizer), new ModelIdentity(source.Description, new Lazy<string>(() => source.Sha256)))
        { Stored = source.Stored };
    }

    /// <summary>Builds a model from a resolved configuration and weights, of any style whether or not a family has it.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="weights">Weights of the shapes that the configuration asks for.</param>
    /// <param name="name">A name for the model.</param>
    /// <exception cref="InvalidInputException">The configuration contradicts itself.</exception>
    public static TransformerModel Create(ModelConfig config, ModelWeights weights, string name)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(weights);
        return new TransformerModel(config.Validated(name), weights, Found(null), Made(name, weights, null));
    }

    /// <summary>This model with other weights: same name and tokenizer, a hash of its own, <see cref="DerivedFrom"/> this.</summary>
    /// <param name="config">The configuration of the other weights.</param>
    /// <param name="weights">The weights; those of this model are not touched.</param>
    /// <exception cref="InvalidInputException">The configuration contradicts itself.</exception>
    public TransformerModel WithWeights(ModelConfig config, ModelWeights weights)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(weights);
        return new TransformerModel(config.Validated(Name), weights, _tokenizer, Made(Name, weights, Identity)) { Stored = Stored, Generation = Generation };
    }

    /// <summary>Runs a ragged batch.</summary>
    /// <param name="batch">The prompts.</param>
    /// <param name="options">What to record, replace and compute; null = logits of every position.</param>
    /// <exception cref="InvalidInputException">
    /// A prompt, hook or intervention does not fit the model, or the batch is too large for memory; found before anything is
    /// computed. Or values are not finite (<see cref="RunOptions.AllowNonFinite"/>).
    /// </exception>
    public RunResult Run(TokenBatch batch, RunOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(batch);
        options ??= new RunOptions();
        batch.Validate(Config);
        if (options.MemoryBudget is { } budget)
        {
            BatchLimit.RequireMemory(batch.Lengths, Plan(batch.Lengths, options), budget);
        }

        InterventionPlan plan = InterventionPlan.Create(Hooks, batch.Lengths, options.Interventions);
        ActivationCache[] caches = new ActivationCache[batch.Count];
        for (int s = 0; s < caches.Length; s++)
        {
            caches[s] = new ActivationCache(this, batch.Tokens(s).Length, plan.Points);
        }

        var hooks = new RunHooks(plan, Hooks.ResolveAll(options.Observe), caches);
        LogitRows rows = RowsOf(options);
        float[] logits = Forward(
            batch, hooks, null, rows, options.Threads, options.AllowNonFinite, out NonFinite? nonFinite);
        foreach (ActivationCache cache in caches)
        {
            cache.Finite = nonFinite is null;
        }

        return new RunResult(batch, logits, rows, Config.DVocabOut, caches, nonFinite, Config.HasUnembed ? null : $"{Name}: {ModelWeights.NoUnembed}");
    }

    /// <summary>What <see cref="Run(TokenBatch, RunOptions?)"/> needs at its height.</summary>
    /// <param name="lengths">Tokens of each prompt.</param>
    /// <param name="options">What is recorded, replaced and computed; null = logits of every position.</param>
    /// <exception cref="InvalidInputException">A hook or intervention does not fit the model.</exception>
    public MemoryPlan Plan(IReadOnlyList<int> lengths, RunOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(lengths);
        options ??= new RunOptions();
        IReadOnlyList<HookPoint> observed = Hooks.ResolveAll(options.Observe);
        var hooks = new RunHooks(InterventionPlan.Create(Hooks, lengths, options.Interventions), observed, []);
        long recorded = 0;
        foreach (HookPoint point in observed)
        {
            foreach (int n in lengths)
            {
                recorded += Hooks.Shape(point, n, n).Aggregate((long)sizeof(float), (product, size) => product * size);
            }
        }

        return new MemoryPlan(
            Weights.Bytes, BatchRun.Bytes(Config, lengths, RowsOf(options), hooks, ThreadCount(options.Threads)), recorded,
            sizeof(float) * BatchRun.ReadRows(lengths, RowsOf(options)) * Config.DVocabOut);
    }

    /// <summary>Runs one prompt of token ids.</summary>
    /// <param name="tokens">Token ids.</param>
    /// <param name="options">What to record, replace and compute.</param>
    public RunResult Run(IReadOnlyList<int> tokens, RunOptions? options = null) => Run(new TokenBatch([tokens]), options);

    /// <summary>Runs one prompt of text.</summary>
    /// <param name="prompt">The text.</param>
    /// <param name="options">What to record, replace and compute.</param>
    /// <exception cref="InvalidInputException">The model has no tokenizer.</exception>
    public RunResult Run(string prompt, RunOptions? options = null) => Run(Tokenize(prompt), options);

    /// <summary>Token ids of a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="bos">Whether the beginning-of-sequence token is put in front.</param>
    /// <exception cref="InvalidInputException">
    /// The model has no tokenizer, or one that cannot be read, or the text gives no token.</exception>
    public IReadOnlyList<int> Tokenize(string text, BosMode bos = BosMode.Auto) => Tokenizer is null
        ? throw new InvalidInputException(TokenizerProblem is null
            ? $"{Name}: no tokenizer was found there, so text cannot be read; give token ids instead"
            : $"{TokenizerProblem}; text cannot be read, give token ids instead")
        : Tokenizer.Encode(text, bos);

    /// <summary>What one token contributes to a text; its id when the model has no tokenizer.</summary>
    /// <param name="id">Token id.</param>
    public string TokenText(int id) => Tokenizer is not null && id < Tokenizer.VocabSize
        ? Tokenizer.TokenText(id)
        : id.ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Threads of a run that says nothing else: one for each physical core that the process may use.</summary>
    public static int DefaultThreads => WorkerPool.DefaultThreads;

    internal static int ThreadCount(int threads) => threads switch
    {
        0 => WorkerPool.DefaultThreads,
        > 0 => threads,
        _ => throw new InvalidInputException($"threads: expected 0 (one per core) or more, found {threads}"),
    };

    // A checkpoint may hold an unembedding of its own where the settings call it tied; projections are multiplied into both.
    private static ModelConfig AsStored(ModelConfig config, ModelWeights weights) =>
        config.TiedUnembedding && !weights.TokenEmbedding.IsTied && config.EmbedWidth is null
            ? config with { TiedUnembedding = false }
            : config;

    private static ModelIdentity Made(string name, ModelWeights weights, ModelIdentity? origin) =>
        new(name, new Lazy<string>(() => WeightValuesHash.Of(weights)), origin);

    // A run without a head records what it was asked to; whoever reads its logits is told.
    private LogitRows RowsOf(RunOptions options) => Config.HasUnembed ? options.Logits : LogitRows.None;

    private static TokenizerFound Found(TextTokenizer? tokenizer) => new(tokenizer, null);

    private static TokenizerFound FindTokenizer(IModelSource source, ModelConfig config)
    {
        try
        {
            return new TokenizerFound(source.Tokenizer(config), null);
        }
        catch (InvalidInputException exception)
        {
            // Token ids need no tokenizer; whoever gives text is told.
            return new TokenizerFound(null, exception.Message);
        }
    }

    private readonly record struct TokenizerFound(TextTokenizer? Tokenizer, string? Problem);
}
