namespace Interp.Runtime;

/// <summary>
/// The settings of generation_config.json, which older checkpoints have in config.json. None of them changes a forward pass.
/// </summary>
internal static class GenerationSettings
{
    /// <summary>
    /// How a continuation is searched for, and how long it may be: what the caller chooses (temperature, top-k, top-p, length), or what gives
    /// the same tokens in another way.
    /// </summary>
    public static IReadOnlyList<string> Callers { get; } =
    [
        "do_sample", "temperature", "top_k", "top_p", "top_h", "min_p", "typical_p", "epsilon_cutoff", "eta_cutoff",
        "max_length", "max_new_tokens", "max_time", "early_stopping", "num_beams", "num_beam_groups", "diversity_penalty",
        "length_penalty", "num_return_sequences", "penalty_alpha", "dola_layers", "renormalize_logits", "remove_invalid_values",
        "use_cache", "cache_implementation", "cache_config", "return_legacy_cache", "low_memory", "prefill_chunk_size",
        "disable_compile", "compile_config", "is_assistant", "num_assistant_tokens", "num_assistant_tokens_schedule",
        "assistant_confidence_threshold", "assistant_early_exit", "assistant_lookbehind", "target_lookbehind",
        "prompt_lookup_num_tokens", "max_matching_ngram_size", "output_attentions", "output_hidden_states", "output_scores",
        "output_logits", "return_dict_in_generate", "bos_token_id", "pad_token_id", "decoder_start_token_id", "trust_remote_code",
        "transformers_version", "_from_model_config", "chat_format", "max_window_size", "user_token_id", "assistant_token_id",
    ];

    /// <summary>What changes which tokens are chosen and is obeyed.</summary>
    public static IReadOnlyList<string> Obeyed { get; } =
    [
        "eos_token_id", "repetition_penalty", "no_repeat_ngram_size", "bad_words_ids", "suppress_tokens", "begin_suppress_tokens",
        "min_length", "min_new_tokens",
    ];

    /// <summary>What changes which tokens are chosen and is not built, with the number that changes nothing, if there is one.</summary>
    public static IReadOnlyList<(string Name, double? Neutral)> Refused { get; } =
    [
        ("sequence_bias", null), ("forced_bos_token_id", null), ("forced_eos_token_id", null), ("forced_decoder_ids", null),
        ("exponential_decay_length_penalty", null), ("encoder_repetition_penalty", 1), ("encoder_no_repeat_ngram_size", 0),
        ("guidance_scale", 1), ("watermarking_config", null), ("stop_strings", null), ("token_healing", null), ("constraints", null),
        ("force_words_ids", null),
    ];

    /// <summary>All of them.</summary>
    public static IEnumerable<string> Names => [.. Callers, .. Obeyed, .. Refused.Select(r => r.Name)];
}
