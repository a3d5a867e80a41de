namespace Interp.Runtime;

/// <summary>
/// Settings of config.json that change nothing in what a forward pass computes, whatever they say. Each family adds its own.
/// </summary>
public static class HarmlessSettings
{
    /// <summary>Those that config.json may have in every family.</summary>
    public static IReadOnlySet<string> Common { get; } = new HashSet<string>(
    [
        // What the file is, and who wrote it.
        "model_type", "architectures", "_name_or_path", "name_or_path", "_commit_hash", "transformers_version", "auto_map",
        "custom_pipelines", "transformers.js_config", "unsloth_version", "unsloth_fixed", "model_max_length", "finetuning_task",
        "is_composition", "language", "license", "tokenizer_class", "tokenizer_name", "prefix", "is_llama_config",

        // How it is run there: number formats, memory, kernels, what is returned. This runtime computes in float32.
        "torch_dtype", "dtype", "torchscript", "use_bfloat16", "tf_legacy_loss", "use_cache", "output_past", "output_attentions",
        "output_hidden_states", "return_dict", "attn_implementation", "_attn_implementation", "_attn_implementation_autoset",
        "_flash_attn_2_enabled", "experts_implementation", "gradient_checkpointing", "chunk_size_feed_forward", "cache_implementation",
        "reorder_and_upcast_attn", "pretraining_tp", "base_model_tp_plan", "base_model_pp_plan", "base_model_ep_plan",

        // Training: initial weights, dropout, labels and heads of other tasks.
        "initializer_range", "init_std", "initializer_factor", "attention_dropout", "attention_dropout_prob",
        "attention_probs_dropout_prob", "attn_pdrop", "embd_pdrop", "resid_pdrop", "dropout", "hidden_dropout", "hidden_dropout_prob",
        "activation_dropout", "classifier_dropout", "embed_dropout", "resid_dropout", "layerdrop", "qa_dropout", "seq_classif_dropout",
        "summary_type", "summary_use_proj", "summary_activation", "summary_proj_to_labels", "summary_first_dropout",
        "id2label", "label2id", "num_labels", "_num_labels", "problem_type", "task_specific_params", "predict_special_tokens",

        // Tokens that texts are made with.
        "bos_token_id", "eos_token_id", "pad_token_id", "sep_token_id", "cls_token_id", "mask_token_id", "unk_token_id",
        "decoder_start_token_id",

        // Only encoder-decoder models and decoders that read an encoder have use for these.
        "tie_encoder_decoder", "is_decoder", "cross_attention_hidden_size",

        .. GenerationSettings.Names,
    ], StringComparer.Ordinal);

    /// <summary>The common settings and some more.</summary>
    /// <param name="names">Those of a family.</param>
    public static IReadOnlySet<string> With(params ReadOnlySpan<string> names) =>
        new HashSet<string>([.. Common, .. names], StringComparer.Ordinal);

    /// <summary>Refuses what no family computes.</summary>
    /// <param name="config">The settings.</param>
    /// <exception cref="InvalidInputException">There is such a setting.</exception>
    internal static void RefuseOthers(ConfigReader config)
    {
        foreach (string field in new[] { "quantization_config", "compression_config" })
        {
            if (config.Has(field))
            {
                throw new InvalidInputException(
                    $"{config.Path}: {field}: quantised weights are not read; expected a checkpoint in float32, float16 or bfloat16");
            }
        }

        config.Only("is_encoder_decoder", false);
        config.Only("add_cross_attention", false);
        if (config.Object("pruned_heads") is { } pruned)
        {
            pruned.RefuseUnknown("pruned heads (none are supported)", new HashSet<string>());
        }
    }
}
