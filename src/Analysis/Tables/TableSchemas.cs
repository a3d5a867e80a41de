namespace Interp.Analysis;

/// <summary>Every table that interp writes. Names, columns and types are stable: columns may be added, none is renamed.</summary>
public static class TableSchemas
{
    private const string Effects = "effect = (patched - base) / (source - base): base is the run that is patched, source the run patched in";

    /// <summary>Likely next tokens.</summary>
    public static TableSchema<TokenRow> Tokens { get; } = TableSchema.Of<TokenRow>("tokens", "run", "One likely next token at a position.");

    /// <summary>Continuations.</summary>
    public static TableSchema<GeneratedRow> Generation { get; } = TableSchema.Of<GeneratedRow>("generation", "generate", "One prompt with its continuation.");

    /// <summary>The ledger with direct contributions.</summary>
    public static TableSchema<ComponentRow> Components { get; } = TableSchema.Of<ComponentRow>(
        "components", "decompose",
        "One write to the residual stream at a position. Rows of kind `sum`, `actual` and `error` close the ledger of each prompt and "
        + "position: `dla` sums to the metric, `error` is what is missing.");

    /// <summary>The logit lens.</summary>
    public static TableSchema<LensRow> Lens { get; } = TableSchema.Of<LensRow>(
        "lens", "lens", "What the stream at one layer and position would predict if it were unembedded there.");

    /// <summary>Information flow between tokens.</summary>
    public static TableSchema<FlowRow> Flow { get; } = TableSchema.Of<FlowRow>(
        "flow", "flow", "What one layer moves from a source token to a destination token, by one measure.");

    /// <summary>How well measures of flow agree with the knockout.</summary>
    public static TableSchema<FlowAgreementRow> FlowAgreement { get; } = TableSchema.Of<FlowAgreementRow>(
        "flow_agreement", "flow --agreement", "How well one measure agrees with the measured knockout; without a prompt, the mean over prompts.");

    /// <summary>Information-flow routes.</summary>
    public static TableSchema<FlowEdgeRow> FlowEdges { get; } = TableSchema.Of<FlowEdgeRow>(
        "flow_edges", "flow --routes", "One edge of the graph from a prediction back to the tokens of the input.");

    /// <summary>What layers do to tokens' vectors.</summary>
    public static TableSchema<MixingRow> Mixing { get; } = TableSchema.Of<MixingRow>(
        "mixing", "flow --mixing", "From where one token's vector came in one layer, and what attention and FFN added to it.");

    /// <summary>The prompts of a run.</summary>
    public static TableSchema<PromptTokenRow> Prompts { get; } = TableSchema.Of<PromptTokenRow>(
        "prompts", "demo; decompose, lens, flow, patch, ablate, knockout, path with a folder or --report",
        "One token of a prompt pair, so that positions of the other tables have a text.");

    /// <summary>Activation patching.</summary>
    public static TableSchema<PatchingRow> Patching { get; } = TableSchema.Of<PatchingRow>(
        "patching", "patch", $"One cell (a site at a layer, head, position, ...) on one prompt; {Effects}.");

    /// <summary>Ablation and causal tracing.</summary>
    public static TableSchema<AblationRow> Ablation { get; } = TableSchema.Of<AblationRow>(
        "ablation", "ablate",
        "One cell on one prompt; effect = patched - clean, in units of the metric; with noise, the share that the cell restores.");

    /// <summary>Attention knockout.</summary>
    public static TableSchema<KnockoutRow> Knockout { get; } = TableSchema.Of<KnockoutRow>(
        "knockout", "knockout", "Attention edges cut in one prompt; effect = patched - clean, in units of the metric.");

    /// <summary>Path patching.</summary>
    public static TableSchema<PathRow> Paths { get; } = TableSchema.Of<PathRow>(
        "paths", "path", $"One path from senders to receivers on one prompt; {Effects}.");

    /// <summary>Scores of heads.</summary>
    public static TableSchema<HeadRow> Heads { get; } = TableSchema.Of<HeadRow>("heads", "heads", "One score of one head over prompts.");

    /// <summary>OV circuits.</summary>
    public static TableSchema<CircuitRow> Ov { get; } = TableSchema.Of<CircuitRow>("ov", "weights --what ov", "One number of a head's OV circuit.");

    /// <summary>QK circuits.</summary>
    public static TableSchema<CircuitRow> Qk { get; } = TableSchema.Of<CircuitRow>("qk", "weights --what qk", "One number of a head's QK circuit.");

    /// <summary>Composition of heads.</summary>
    public static TableSchema<CompositionRow> Composition { get; } = TableSchema.Of<CompositionRow>(
        "composition", "weights --what composition", "How strongly a head reads, through one input, what an earlier head writes.");

    /// <summary>Token pairs of full circuits.</summary>
    public static TableSchema<TokenPairRow> TokenPairs { get; } = TableSchema.Of<TokenPairRow>(
        "token_pairs", "weights --what ov-tokens, qk-tokens", "One of the largest entries of a head's circuit between tokens.");

    /// <summary>Neurons in tokens.</summary>
    public static TableSchema<NeuronRow> Neurons { get; } = TableSchema.Of<NeuronRow>(
        "neurons", "weights --what neurons", "One of the tokens that a neuron reads or writes most.");

    /// <summary>A model beside its reference.</summary>
    public static TableSchema<VerificationRow> Verify { get; } = TableSchema.Of<VerificationRow>("verify", "verify", "One hook point beside its reference.");

    /// <summary>What a model is.</summary>
    public static TableSchema<ModelRow> Model { get; } = TableSchema.Of<ModelRow>("model", "info", "The model: one row.");

    /// <summary>The hook points of a model.</summary>
    public static TableSchema<HookPointRow> Hooks { get; } = TableSchema.Of<HookPointRow>("hooks", "info --hooks", "One hook point, in firing order.");

    /// <summary>Speed.</summary>
    public static TableSchema<BenchRow> Bench { get; } = TableSchema.Of<BenchRow>("bench", "bench", "How long one kind of run takes.");

    /// <summary>The plan of a sweep.</summary>
    public static TableSchema<PlanRow> Plan { get; } = TableSchema.Of<PlanRow>(
        "plan", "patch, ablate, knockout, path, each with --explain", "What the sweep would run: one row.");

    /// <summary>All of them; the summary of a sweep after its table.</summary>
    public static IReadOnlyList<TableSchema> All { get; } =
    [
        Tokens, Generation, Components, Lens, Flow, FlowAgreement, FlowEdges, Mixing, Prompts, Patching, SummaryColumns.Schema(Patching), Ablation,
        SummaryColumns.Schema(Ablation), Knockout, SummaryColumns.Schema(Knockout), Paths, SummaryColumns.Schema(Paths), Heads, Ov, Qk,
        Composition, TokenPairs, Neurons, Verify, Model, Hooks, Bench, Plan,
    ];

    /// <summary>The kind of table of a name, or null.</summary>
    /// <param name="name">Such as <c>patching</c>.</param>
    public static TableSchema? Find(string name) => All.FirstOrDefault(s => s.Name == name);
}
