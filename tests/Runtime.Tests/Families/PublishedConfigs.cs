namespace Interp.Runtime.Tests.Families;

/// <summary>
/// Settings as published checkpoints of each family have them: every key that transformers or the publisher writes, at the published
/// values or at small ones.
/// </summary>
internal static class PublishedConfigs
{
    /// <summary>By family and version.</summary>
    public static IReadOnlyDictionary<string, string> All { get; } = new Dictionary<string, string>
    {
        ["gpt2"] = """
            {"activation_function":"gelu_new","architectures":["GPT2LMHeadModel"],"attn_pdrop":0.1,"bos_token_id":50256,"embd_pdrop":0.1,
            "eos_token_id":50256,"initializer_range":0.02,"layer_norm_epsilon":1e-05,"model_type":"gpt2","n_ctx":1024,"n_embd":768,"n_head":12,
            "n_layer":12,"n_positions":1024,"resid_pdrop":0.1,"summary_activation":null,"summary_first_dropout":0.1,
            "summary_proj_to_labels":true,"summary_type":"cls_index","summary_use_proj":true,
            "task_specific_params":{"text-generation":{"do_sample":true,"max_length":50}},"vocab_size":50257}
            """,
        ["gpt2 by scale"] = """
            {"_name_or_path":"x","activation_function":"gelu_new","architectures":["GPT2LMHeadModel"],"attn_pdrop":0.1,"bos_token_id":50256,
            "embd_pdrop":0.1,"eos_token_id":50256,"gradient_checkpointing":false,"id2label":{"0":"LABEL_0"},"label2id":{"LABEL_0":0},
            "initializer_range":0.02,"layer_norm_epsilon":1e-05,"model_type":"gpt2","n_ctx":1024,"n_embd":768,"n_head":12,"n_inner":null,
            "n_layer":12,"n_positions":1024,"output_past":true,"predict_special_tokens":true,"reorder_and_upcast_attn":true,
            "resid_pdrop":0.1,"scale_attn_by_inverse_layer_idx":true,"scale_attn_weights":true,"summary_type":"cls_index",
            "torch_dtype":"float32","transformers_version":"4.12.0","use_cache":true,"vocab_size":50257,"_num_labels":1,
            "add_cross_attention":false,"is_decoder":false,"pruned_heads":{},"chunk_size_feed_forward":0}
            """,
        ["gpt_neo"] = """
            {"activation_function":"gelu_new","architectures":["GPTNeoForCausalLM"],"attention_dropout":0,
            "attention_layers":["global","local","global","local"],"attention_types":[[["global","local"],2]],"bos_token_id":50256,
            "embed_dropout":0,"eos_token_id":50256,"gradient_checkpointing":false,"hidden_size":768,"initializer_range":0.02,
            "intermediate_size":null,"layer_norm_epsilon":1e-05,"max_position_embeddings":2048,"model_type":"gpt_neo","num_heads":12,
            "num_layers":4,"resid_dropout":0,"summary_activation":null,"summary_first_dropout":0.1,"summary_proj_to_labels":true,
            "summary_type":"cls_index","summary_use_proj":true,"transformers_version":"4.9.0.dev0","use_cache":true,"vocab_size":50257,
            "window_size":256,"classifier_dropout":0.1,"tokenizer_class":"GPT2Tokenizer"}
            """,
        ["gptj"] = """
            {"activation_function":"gelu_new","architectures":["GPTJForCausalLM"],"attn_pdrop":0.0,"bos_token_id":50256,"embd_pdrop":0.0,
            "eos_token_id":50256,"gradient_checkpointing":false,"initializer_range":0.02,"layer_norm_epsilon":1e-05,"model_type":"gptj",
            "n_embd":4096,"n_head":16,"n_inner":null,"n_layer":28,"n_positions":2048,"resid_pdrop":0.0,"rotary":true,"rotary_dim":64,
            "scale_attn_weights":true,"summary_activation":null,"summary_first_dropout":0.1,"summary_proj_to_labels":true,
            "summary_type":"cls_index","summary_use_proj":true,
            "task_specific_params":{"text-generation":{"do_sample":true,"max_length":50,"temperature":1.0}},"tie_word_embeddings":false,
            "tokenizer_class":"GPT2Tokenizer","transformers_version":"4.18.0.dev0","use_cache":true,"vocab_size":50400}
            """,
        ["gpt_neox"] = """
            {"architectures":["GPTNeoXForCausalLM"],"bos_token_id":0,"eos_token_id":0,"hidden_act":"gelu","hidden_size":512,
            "initializer_range":0.02,"intermediate_size":2048,"layer_norm_eps":1e-05,"max_position_embeddings":2048,"model_type":"gpt_neox",
            "num_attention_heads":8,"num_hidden_layers":6,"rotary_emb_base":10000,"rotary_pct":0.25,"tie_word_embeddings":false,
            "torch_dtype":"float16","transformers_version":"4.24.0","use_cache":true,"use_parallel_residual":true,"vocab_size":50304}
            """,
        ["gpt_neox 20B"] = """
            {"architectures":["GPTNeoXForCausalLM"],"attention_dropout_prob":0,"attention_dropout":0.0,"hidden_dropout":0.0,
            "classifier_dropout":0.1,"attention_bias":true,"rope_scaling":null,"bos_token_id":0,"eos_token_id":0,"hidden_act":"gelu_fast",
            "hidden_dropout_prob":0,"hidden_size":6144,"initializer_range":0.02,"intermediate_size":24576,"layer_norm_eps":1e-05,
            "max_position_embeddings":2048,"model_type":"gpt_neox","num_attention_heads":64,"num_hidden_layers":44,"rotary_emb_base":10000,
            "rotary_pct":0.25,"tie_word_embeddings":false,"torch_dtype":"float16","use_cache":true,"vocab_size":50432,"pad_token_id":null}
            """,
        ["llama"] = """
            {"_name_or_path":"x","architectures":["LlamaForCausalLM"],"attention_bias":false,"attention_dropout":0.0,"bos_token_id":128000,
            "eos_token_id":[128001,128008,128009],"head_dim":64,"hidden_act":"silu","hidden_size":2048,"initializer_range":0.02,
            "intermediate_size":8192,"max_position_embeddings":131072,"mlp_bias":false,"model_type":"llama","num_attention_heads":32,
            "num_hidden_layers":16,"num_key_value_heads":8,"pretraining_tp":1,"rms_norm_eps":1e-05,
            "rope_scaling":{"factor":32.0,"high_freq_factor":4.0,"low_freq_factor":1.0,"original_max_position_embeddings":8192,
            "rope_type":"llama3"},"rope_theta":500000.0,"tie_word_embeddings":true,"torch_dtype":"bfloat16",
            "transformers_version":"4.45.0.dev0","use_cache":true,"vocab_size":128256}
            """,
        ["llama SmolLM2"] = """
            {"architectures":["LlamaForCausalLM"],"attention_bias":false,"attention_dropout":0.0,"bos_token_id":0,"eos_token_id":0,
            "hidden_act":"silu","hidden_size":576,"initializer_range":0.041666666666666664,"intermediate_size":1536,"is_llama_config":true,
            "max_position_embeddings":8192,"mlp_bias":false,"model_type":"llama","num_attention_heads":9,"num_hidden_layers":30,
            "num_key_value_heads":3,"pretraining_tp":1,"rms_norm_eps":1e-05,"rope_interleaved":false,"rope_scaling":null,"rope_theta":100000,
            "tie_word_embeddings":true,"torch_dtype":"bfloat16","transformers_version":"4.40.1",
            "transformers.js_config":{"kv_cache_dtype":{"fp16":"float16"}},"use_cache":true,"vocab_size":49152}
            """,
        ["llama of transformers 5"] = """
            {"architectures":["LlamaForCausalLM"],"attention_bias":false,"attention_dropout":0.0,"bos_token_id":1,"dtype":"float32",
            "eos_token_id":2,"head_dim":8,"hidden_act":"silu","hidden_size":32,"initializer_range":0.02,"intermediate_size":48,
            "max_position_embeddings":64,"mlp_bias":false,"model_type":"llama","num_attention_heads":4,"num_hidden_layers":2,
            "num_key_value_heads":2,"pad_token_id":null,"pretraining_tp":1,"rms_norm_eps":1e-06,
            "rope_parameters":{"rope_theta":10000.0,"rope_type":"default"},"tie_word_embeddings":false,"transformers_version":"5.3.0",
            "use_cache":true,"vocab_size":64}
            """,
        ["mistral"] = """
            {"architectures":["MistralForCausalLM"],"attention_dropout":0.0,"bos_token_id":1,"eos_token_id":2,"hidden_act":"silu",
            "hidden_size":4096,"initializer_range":0.02,"intermediate_size":14336,"max_position_embeddings":32768,"model_type":"mistral",
            "num_attention_heads":32,"num_hidden_layers":32,"num_key_value_heads":8,"rms_norm_eps":1e-05,"rope_theta":10000.0,
            "sliding_window":4096,"tie_word_embeddings":false,"torch_dtype":"bfloat16","transformers_version":"4.34.0","use_cache":true,
            "vocab_size":32000,"head_dim":128}
            """,
        ["mixtral"] = """
            {"architectures":["MixtralForCausalLM"],"attention_dropout":0.0,"bos_token_id":1,"eos_token_id":2,"hidden_act":"silu",
            "hidden_size":4096,"initializer_range":0.02,"intermediate_size":14336,"max_position_embeddings":32768,"model_type":"mixtral",
            "num_attention_heads":32,"num_experts_per_tok":2,"num_hidden_layers":32,"num_key_value_heads":8,"num_local_experts":8,
            "output_router_logits":false,"rms_norm_eps":1e-05,"rope_theta":1000000.0,"router_aux_loss_coef":0.02,"router_jitter_noise":0.0,
            "sliding_window":null,"tie_word_embeddings":false,"torch_dtype":"bfloat16","transformers_version":"4.36.0.dev0","use_cache":true,
            "vocab_size":32000}
            """,
        ["qwen2"] = """
            {"architectures":["Qwen2ForCausalLM"],"attention_dropout":0.0,"bos_token_id":151643,"eos_token_id":151645,"hidden_act":"silu",
            "hidden_size":896,"initializer_range":0.02,"intermediate_size":4864,"max_position_embeddings":32768,"max_window_layers":21,
            "model_type":"qwen2","num_attention_heads":14,"num_hidden_layers":24,"num_key_value_heads":2,"rms_norm_eps":1e-06,
            "rope_theta":1000000.0,"sliding_window":32768,"tie_word_embeddings":true,"torch_dtype":"bfloat16","transformers_version":"4.43.1",
            "use_cache":true,"use_mrope":false,"use_sliding_window":false,"vocab_size":151936}
            """,
        ["qwen3"] = """
            {"architectures":["Qwen3ForCausalLM"],"attention_bias":false,"attention_dropout":0.0,"bos_token_id":151643,"eos_token_id":151645,
            "head_dim":128,"hidden_act":"silu","hidden_size":1024,"initializer_range":0.02,"intermediate_size":3072,
            "layer_types":["full_attention","full_attention"],"max_position_embeddings":40960,"max_window_layers":28,"model_type":"qwen3",
            "num_attention_heads":16,"num_hidden_layers":2,"num_key_value_heads":8,"rms_norm_eps":1e-06,"rope_scaling":null,
            "rope_theta":1000000,"sliding_window":null,"tie_word_embeddings":true,"torch_dtype":"bfloat16","transformers_version":"4.51.0",
            "use_cache":true,"use_sliding_window":false,"vocab_size":151936}
            """,
        ["gemma"] = """
            {"architectures":["GemmaForCausalLM"],"attention_bias":false,"attention_dropout":0.0,"bos_token_id":2,"eos_token_id":1,
            "head_dim":256,"hidden_act":"gelu","hidden_activation":null,"hidden_size":2048,"initializer_range":0.02,"intermediate_size":16384,
            "max_position_embeddings":8192,"model_type":"gemma","num_attention_heads":8,"num_hidden_layers":18,"num_key_value_heads":1,
            "pad_token_id":0,"rms_norm_eps":1e-06,"rope_scaling":null,"rope_theta":10000.0,"torch_dtype":"bfloat16",
            "transformers_version":"4.38.0.dev0","use_cache":true,"vocab_size":256000}
            """,
        ["gemma2"] = """
            {"architectures":["Gemma2ForCausalLM"],"attention_bias":false,"attention_dropout":0.0,"attn_logit_softcapping":50.0,
            "bos_token_id":2,"cache_implementation":"hybrid","eos_token_id":[1,107],"final_logit_softcapping":30.0,"head_dim":256,
            "hidden_act":"gelu_pytorch_tanh","hidden_activation":"gelu_pytorch_tanh","hidden_size":2304,"initializer_range":0.02,
            "intermediate_size":9216,"max_position_embeddings":8192,"model_type":"gemma2","num_attention_heads":8,"num_hidden_layers":26,
            "num_key_value_heads":4,"pad_token_id":0,"query_pre_attn_scalar":256,"rms_norm_eps":1e-06,"rope_theta":10000.0,
            "sliding_window":4096,"sliding_window_size":4096,"torch_dtype":"bfloat16","transformers_version":"4.42.4","use_cache":true,
            "use_bidirectional_attention":null,"vocab_size":256000,"unsloth_version":"2024.9"}
            """,
        ["phi"] = """
            {"architectures":["PhiForCausalLM"],"attention_dropout":0.0,"bos_token_id":50256,"embd_pdrop":0.0,"eos_token_id":50256,
            "hidden_act":"gelu_new","hidden_size":2560,"initializer_range":0.02,"intermediate_size":10240,"layer_norm_eps":1e-05,
            "max_position_embeddings":2048,"model_type":"phi","num_attention_heads":32,"num_hidden_layers":32,"num_key_value_heads":32,
            "partial_rotary_factor":0.4,"qk_layernorm":false,"resid_pdrop":0.1,"rope_scaling":null,"rope_theta":10000.0,
            "tie_word_embeddings":false,"torch_dtype":"float16","transformers_version":"4.37.0","use_cache":true,"vocab_size":51200}
            """,
        ["phi3 128k"] = """
            {"_name_or_path":"x","architectures":["Phi3ForCausalLM"],"attention_bias":false,"attention_dropout":0.0,
            "auto_map":{"AutoConfig":"configuration_phi3.Phi3Config"},"bos_token_id":1,"embd_pdrop":0.0,"eos_token_id":32000,
            "hidden_act":"silu","hidden_size":32,"initializer_range":0.02,"intermediate_size":64,"max_position_embeddings":131072,
            "model_type":"phi3","num_attention_heads":4,"num_hidden_layers":2,"num_key_value_heads":4,
            "original_max_position_embeddings":4096,"pad_token_id":32000,"resid_pdrop":0.0,"rms_norm_eps":1e-05,
            "rope_scaling":{"long_factor":[1.07,1.19,1.3,1.5],"short_factor":[1.0,1.02,1.03,1.1],"type":"longrope"},"rope_theta":10000.0,
            "sliding_window":262144,"tie_word_embeddings":false,"torch_dtype":"bfloat16","transformers_version":"4.40.2","use_cache":true,
            "vocab_size":32064,"full_attn_mod":1,"interpolate_factor":1,"lm_head_bias":false,"mlp_bias":false}
            """,
        ["stablelm"] = """
            {"architectures":["StableLmForCausalLM"],"bos_token_id":0,"eos_token_id":0,"hidden_act":"silu","hidden_size":2560,
            "initializer_range":0.02,"intermediate_size":6912,"max_position_embeddings":4096,"model_type":"stablelm",
            "layer_norm_eps":1e-05,"num_attention_heads":32,"num_hidden_layers":32,"num_key_value_heads":32,"partial_rotary_factor":0.25,
            "rope_scaling":null,"rope_theta":10000,"rotary_scaling_factor":1.0,"tie_word_embeddings":false,"torch_dtype":"bfloat16",
            "transformers_version":"4.38.0","use_cache":true,"use_qkv_bias":false,"vocab_size":50304,"attention_dropout":0.0,
            "hidden_dropout":0.0,"qk_layernorm":false,"use_parallel_residual":false}
            """,
        ["olmo2"] = """
            {"architectures":["Olmo2ForCausalLM"],"attention_bias":false,"attention_dropout":0.0,"eos_token_id":100257,"hidden_act":"silu",
            "hidden_size":2048,"initializer_range":0.02,"intermediate_size":8192,"max_position_embeddings":4096,"model_type":"olmo2",
            "num_attention_heads":16,"num_hidden_layers":16,"num_key_value_heads":16,"pad_token_id":100277,"rms_norm_eps":1e-06,
            "rope_scaling":null,"rope_theta":500000,"tie_word_embeddings":false,"torch_dtype":"float32","transformers_version":"4.47.0.dev0",
            "use_cache":true,"vocab_size":100352}
            """,
        ["opt"] = """
            {"_name_or_path":"facebook/opt-350m","_remove_final_layer_norm":false,"activation_dropout":0.0,"activation_function":"relu",
            "architectures":["OPTForCausalLM"],"attention_dropout":0.0,"bos_token_id":2,"do_layer_norm_before":false,"dropout":0.1,
            "eos_token_id":2,"ffn_dim":4096,"hidden_size":1024,"init_std":0.02,"layerdrop":0.0,"max_position_embeddings":2048,
            "model_type":"opt","num_attention_heads":16,"num_hidden_layers":24,"pad_token_id":1,"prefix":"</s>","torch_dtype":"float16",
            "transformers_version":"4.20.0.dev0","use_cache":true,"vocab_size":50272,"word_embed_proj_dim":512,"enable_bias":true,
            "layer_norm_elementwise_affine":true}
            """,
        ["opt Galactica"] = """
            {"_remove_final_layer_norm":false,"activation_dropout":0.0,"activation_function":"gelu","architectures":["OPTForCausalLM"],
            "attention_dropout":0.1,"bos_token_id":0,"do_layer_norm_before":true,"dropout":0.1,"enable_bias":true,"eos_token_id":2,
            "ffn_dim":3072,"hidden_size":768,"init_std":0.02,"layerdrop":0.0,"learned_embeddings":true,"max_position_embeddings":2048,
            "model_type":"opt","num_attention_heads":12,"num_hidden_layers":12,"pad_token_id":1,"scale_embeddings":false,
            "torch_dtype":"float16","use_cache":true,"vocab_size":50000,"word_embed_proj_dim":768}
            """,
        ["falcon"] = """
            {"alibi":false,"apply_residual_connection_post_layernorm":false,"architectures":["FalconForCausalLM"],"attention_dropout":0.0,
            "auto_map":{"AutoConfig":"configuration_falcon.FalconConfig"},"bias":false,"bos_token_id":11,"eos_token_id":11,
            "hidden_dropout":0.0,"hidden_size":4544,"initializer_range":0.02,"layer_norm_epsilon":1e-05,"model_type":"falcon",
            "multi_query":true,"new_decoder_architecture":false,"num_attention_heads":71,"num_hidden_layers":32,"parallel_attn":true,
            "torch_dtype":"bfloat16","transformers_version":"4.27.4","use_cache":true,"vocab_size":65024}
            """,
        ["falcon 11B"] = """
            {"activation":"gelu","alibi":false,"architectures":["FalconForCausalLM"],"attention_dropout":0.0,"bias":false,"bos_token_id":11,
            "eos_token_id":11,"ff_factor":4,"ffn_hidden_size":16384,"hidden_dropout":0.0,"hidden_size":4096,"initializer_range":0.02,
            "layer_norm_epsilon":1e-05,"max_position_embeddings":8192,"model_type":"falcon","multi_query":true,
            "new_decoder_architecture":true,"num_attention_heads":32,"num_hidden_layers":60,"num_kv_heads":8,"num_ln_in_parallel_attn":1,
            "parallel_attn":true,"rope_scaling":null,"rope_theta":500042.0,"tie_word_embeddings":false,"torch_dtype":"bfloat16",
            "transformers_version":"4.39.2","use_cache":true,"vocab_size":65024}
            """,
        ["falcon with ALiBi"] = """
            {"alibi":true,"apply_residual_connection_post_layernorm":false,"architectures":["FalconForCausalLM"],"attention_dropout":0.0,
            "bias":true,"bos_token_id":1,"eos_token_id":2,"hidden_dropout":0.0,"hidden_size":2048,"initializer_range":0.02,
            "layer_norm_epsilon":1e-05,"model_type":"falcon","multi_query":false,"new_decoder_architecture":false,"num_attention_heads":32,
            "num_hidden_layers":24,"parallel_attn":false,"rope_theta":10000.0,"torch_dtype":"bfloat16","use_cache":true,"vocab_size":50304}
            """,
        ["bloom"] = """
            {"apply_residual_connection_post_layernorm":false,"attention_dropout":0.0,"attention_softmax_in_fp32":true,
            "bias_dropout_fusion":true,"bos_token_id":1,"eos_token_id":2,"pad_token_id":3,"unk_token_id":0,"hidden_dropout":0.0,
            "initializer_range":0.02,"layer_norm_epsilon":1e-05,"masked_softmax_fusion":true,"model_type":"bloom","n_embed":1024,
            "n_inner":null,"n_layer":24,"num_attention_heads":16,"offset_alibi":100,"pretraining_tp":1,"seq_length":2048,
            "skip_bias_add":true,"skip_bias_add_qkv":false,"slow_but_exact":false,"transformers_version":"4.20.0","use_cache":true,
            "vocab_size":250880,"architectures":["BloomForCausalLM"]}
            """,
        ["bert"] = """
            {"architectures":["BertForMaskedLM"],"attention_probs_dropout_prob":0.1,"classifier_dropout":null,"directionality":"bidi",
            "gradient_checkpointing":false,"hidden_act":"gelu","hidden_dropout_prob":0.1,"hidden_size":768,"initializer_range":0.02,
            "intermediate_size":3072,"layer_norm_eps":1e-12,"max_position_embeddings":512,"model_type":"bert","num_attention_heads":12,
            "num_hidden_layers":12,"pad_token_id":0,"pooler_fc_size":768,"pooler_num_attention_heads":12,"pooler_num_fc_layers":3,
            "pooler_size_per_head":128,"pooler_type":"first_token_transform","position_embedding_type":"absolute",
            "transformers_version":"4.6.0.dev0","type_vocab_size":2,"use_cache":true,"vocab_size":30522}
            """,
        ["roberta"] = """
            {"architectures":["RobertaForMaskedLM"],"attention_probs_dropout_prob":0.1,"bos_token_id":0,"eos_token_id":2,"hidden_act":"gelu",
            "hidden_dropout_prob":0.1,"hidden_size":768,"initializer_range":0.02,"intermediate_size":3072,"layer_norm_eps":1e-05,
            "max_position_embeddings":514,"model_type":"roberta","num_attention_heads":12,"num_hidden_layers":12,"pad_token_id":1,
            "type_vocab_size":1,"vocab_size":50265}
            """,
        ["distilbert"] = """
            {"activation":"gelu","architectures":["DistilBertForMaskedLM"],"attention_dropout":0.1,"dim":768,"dropout":0.1,"hidden_dim":3072,
            "initializer_range":0.02,"max_position_embeddings":512,"model_type":"distilbert","n_heads":12,"n_layers":6,"pad_token_id":0,
            "qa_dropout":0.1,"seq_classif_dropout":0.2,"sinusoidal_pos_embds":false,"tie_weights_":true,"transformers_version":"4.10.0.dev0",
            "vocab_size":30522}
            """,
        ["hooked_transformer"] = """
            {"model_type":"hooked_transformer","n_layers":2,"d_model":16,"n_ctx":24,"d_head":8,"model_name":"custom","n_heads":2,"d_mlp":64,
            "act_fn":"relu","d_vocab":20,"eps":1e-05,"use_attn_result":false,"use_attn_scale":true,"attn_scale":2.8284271247461903,
            "use_split_qkv_input":false,"use_hook_mlp_in":false,"use_attn_in":false,"use_local_attn":false,
            "ungroup_grouped_query_attention":false,"original_architecture":null,"from_checkpoint":false,"checkpoint_index":null,
            "checkpoint_label_type":null,"checkpoint_value":null,"tokenizer_name":null,"window_size":null,"attn_types":null,
            "init_mode":"gpt2","normalization_type":"LN","device":"cpu","n_devices":1,"attention_dir":"causal","attn_only":true,"seed":0,
            "initializer_range":0.2,"init_weights":true,"scale_attn_by_inverse_layer_idx":false,"positional_embedding_type":"standard",
            "final_rms":false,"d_vocab_out":20,"parallel_attn_mlp":false,"rotary_dim":null,"n_params":2048,"use_hook_tokens":false,
            "gated_mlp":false,"default_prepend_bos":true,"dtype":"torch.float32","tokenizer_prepends_bos":null,"n_key_value_heads":null,
            "post_embedding_ln":false,"rotary_base":10000,"trust_remote_code":false,"rotary_adjacent_pairs":false,"load_in_4bit":false,
            "num_experts":null,"experts_per_token":null,"relative_attention_max_distance":null,"relative_attention_num_buckets":null,
            "decoder_start_token_id":null,"tie_word_embeddings":false,"use_normalization_before_and_after":false,
            "attn_scores_soft_cap":-1.0,"output_logits_soft_cap":-1.0,"use_NTK_by_parts_rope":false,"NTK_by_parts_low_freq_factor":1.0,
            "NTK_by_parts_high_freq_factor":4.0,"NTK_by_parts_factor":8.0,"NTK_original_ctx_len":8192,"use_qk_norm":false}
            """,
    };
}
