using Interp.Analysis;
using Interp.Runtime;

namespace Interp.Cli.Tests.Input;

public sealed class AnswerTokenTests
{
    private static readonly Lazy<TransformerModel> Stories = new(() => TransformerModel.Load(Fixtures.Require("stories260K")));

    [Theory]
    [InlineData(" g")]
    [InlineData("ing")]
    [InlineData(" the")]
    public void The_token_whose_text_is_the_answer_is_found_though_the_tokenizer_adds_a_space(string text)
    {
        int id = AnswerToken.Find(Stories.Value, text, "answer");
        Assert.Equal(text, Stories.Value.TokenText(id));
    }

    [Fact]
    public void Several_tokens_are_refused_and_named()
    {
        var error = Assert.Throws<InvalidInputException>(() => AnswerToken.Find(Stories.Value, " girl", "--answer"));
        Assert.Equal("--answer ' girl' is 3 tokens (' g', 'ir', 'l'); expected one", error.Message);
    }
}
